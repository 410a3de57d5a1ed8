"""What words mean in tickets, in English and Indonesian: concepts, places, spellings, and words that say nothing of the subject."""
