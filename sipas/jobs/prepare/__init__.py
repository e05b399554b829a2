"""Before the draw: rounds, rulebooks, units, frames, closed lists, plans."""
