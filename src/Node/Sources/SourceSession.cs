namespace Screening.Node.Sources;

/// <summary>Why a session is over.</summary>
/// <param name="Reason">For the operator.</param>
/// <param name="Quiet">The peer closed while nothing was asked: nothing is wrong.</param>
internal readonly record struct SessionEnd(string Reason, bool Quiet = false);

/// <summary>One connection to a source, from when it was made to when it breaks.</summary>
internal interface ISourceSession : IAsyncDisposable
{
    /// <summary>Ends when the session is of no more use, by itself or disposed. Never faulted.</summary>
    Task<SessionEnd> Ended { get; }

    /// <summary>True once the peer has answered a question.</summary>
    bool HasAnswered { get; }
}
