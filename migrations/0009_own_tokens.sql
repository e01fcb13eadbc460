-- Since when the tokens are good that a client gets for itself: those from before it was disabled
-- stay dead when it may work again.
ALTER TABLE clients ADD COLUMN own_tokens_since BIGINT;
