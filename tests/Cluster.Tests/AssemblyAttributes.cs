using System.Runtime.Versioning;

// Namespaces and signals are Linux's.
[assembly: SupportedOSPlatform("linux")]

// Real programs with real clocks: one at a time, so that no test pays for another's load.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
