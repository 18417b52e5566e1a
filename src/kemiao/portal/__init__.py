"""The portal: one HTTP API over commands and views, sign-in, and a place for each kind of user. It has no rule of its own."""
