"""All that an office would receive in the made-up round `made-up-gia-dinh-2026`: frames and bytes, no disk, no clock.

Frame file (`population`), what everybody would truly answer (`answers`), the returned files with planted faults
(`returns`), appraised inputs (`appraisals`); of the delegates' survey the list with the true answers (`delegates`) and
the returned files (`delegate_forms`). Each takes a seed; the same seed gives the same bytes.
"""
