// Containers, packages and networks of one machine: one at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
