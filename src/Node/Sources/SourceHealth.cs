namespace Screening.Node.Sources;

/// <summary>Whether a source is lost. Logged when it is lost, and when it answers again: not per query, attempt or connection.</summary>
/// <param name="name">How messages name the source.</param>
internal sealed class SourceHealth(string name, ILogger log)
{
    private int _lost;

    /// <summary>How messages name the source.</summary>
    public string Name { get; } = name;

    /// <summary>It cannot be reached, or closed the connection.</summary>
    public void Lost(string reason)
    {
        if (Interlocked.Exchange(ref _lost, 1) == 0)
            SourceLog.SourceLost(log, Name, reason);
    }

    /// <summary>It answered something. Cheap: to be called for each answer.</summary>
    public void Answered()
    {
        if (Volatile.Read(ref _lost) == 1 && Interlocked.Exchange(ref _lost, 0) == 1)
            SourceLog.SourceRegained(log, Name);
    }
}
