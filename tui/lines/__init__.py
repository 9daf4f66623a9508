"""The app without a screen: a line is asked, sentences are answered."""
