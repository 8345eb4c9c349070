using Screening.Actors.Checks;
using Screening.Node.Platform;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Sources;

/// <summary>Short texts for the operator.</summary>
internal static class SourceText
{
    /// <summary>What <see cref="SourceException"/> and a reply's reason allow.</summary>
    public const int MaxLength = 200;

    /// <summary>What went wrong, in a few words.</summary>
    public static string Of(Exception error) => error switch
    {
        EndOfStreamException => "closed before the answer was complete",
        ObjectDisposedException => "the connection is closed",
        _ => PeerText.Clean(SystemError.Words(error), MaxLength - 100),
    };

    /// <summary>A failure whose message is fit to be shown.</summary>
    public static SourceException Failure(CheckFailure failure, string message, Exception? inner = null) =>
        new(failure, PeerText.Clean(message, MaxLength), inner);
}
