// Real programs with real clocks: one at a time, so that no test pays for another's load.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
