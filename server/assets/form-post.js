// Sends the answer on at once; without this file the person does, by the button.
document.getElementById("form-post-submit").form.submit();
