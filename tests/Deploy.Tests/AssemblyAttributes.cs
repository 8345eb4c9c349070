// What is under deploy/ changes the machine that it is tried on: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
