"""Operations on stacks, each in a thread of its own.

    graph     work in the order of dependencies, in parallel where they allow it
    running   which operations are under way, and how they are told to end
    sites     where resources are worked on, and what each is to be
    changes   one resource made, changed or removed, with what is kept of it
    outputs   what a stack gives when it is done
    creation  a stack made, and taken down where that fails
    update    a stack changed by what is different
    rollback  an update taken back
    removal   resources and leftovers taken down
    deletion  a stack deleted
    recovery  what died with the last emulator

Rule: before anything is asked of a service the store says so, so that recovery can undo it.
"""
