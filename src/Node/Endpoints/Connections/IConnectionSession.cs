using System.Buffers;

namespace Screening.Node.Endpoints.Connections;

/// <summary>
/// What one protocol makes of the bytes of one connection. <see cref="ConnectionPump"/> reads, calls <see cref="Read"/> and
/// <see cref="AnswerAsync"/> in turn, one call at a time, and <see cref="EndAsync"/> at the end.
/// </summary>
internal interface IConnectionSession
{
    /// <summary>A request that has begun must have ended after this, however many bytes of it come in.</summary>
    TimeSpan RequestTimeout => TimeSpan.FromSeconds(30);

    /// <summary>A connection on which nothing is asked for so long is closed; null: it may be idle as long as the peer likes.</summary>
    TimeSpan? IdleTimeout => null;

    /// <summary>Reads the requests at the front of <paramref name="buffer"/>, and answers those that can be answered at once.</summary>
    /// <param name="buffer">What was received and not read yet; on return it begins behind the last request that was read.</param>
    Progress Read(ref ReadOnlySequence<byte> buffer);

    /// <summary>Sends what is answered, and returns when further requests may be read.</summary>
    /// <returns>False: the peer takes no more answers.</returns>
    ValueTask<bool> AnswerAsync();

    /// <summary>Returns when everything that was asked is answered. Nothing is read any more.</summary>
    Task EndAsync() => Task.CompletedTask;
}

/// <summary>How far <see cref="IConnectionSession.Read"/> came.</summary>
internal enum ProgressKind : byte
{
    /// <summary>Nothing is left of what was received.</summary>
    All,

    /// <summary>The front of a request is left; the rest has yet to come.</summary>
    Partial,

    /// <summary>There may be more requests. They are read once answers have made room for theirs.</summary>
    Held,

    /// <summary>No further request is read, whatever comes.</summary>
    Over,
}

/// <summary>What <see cref="IConnectionSession.Read"/> returns.</summary>
/// <param name="Fault">Why the peer is given up, for the log; null: it is not.</param>
internal readonly record struct Progress(ProgressKind Kind, string? Fault = null)
{
    /// <inheritdoc cref="ProgressKind.All"/>
    public static Progress All => new(ProgressKind.All);

    /// <inheritdoc cref="ProgressKind.Partial"/>
    public static Progress Partial => new(ProgressKind.Partial);

    /// <inheritdoc cref="ProgressKind.Held"/>
    public static Progress Held => new(ProgressKind.Held);

    /// <inheritdoc cref="ProgressKind.Over"/>
    public static Progress Over(string? fault = null) => new(ProgressKind.Over, fault);
}
