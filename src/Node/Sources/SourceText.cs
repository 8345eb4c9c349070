using System.Net.Sockets;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Sources;

/// <summary>Short texts for the operator.</summary>
internal static class SourceText
{
    /// <summary>What <see cref="Screening.Actors.Checks.SourceException"/> and a reply's reason allow.</summary>
    public const int MaxLength = 200;

    /// <summary>What went wrong, in a few words.</summary>
    public static string Of(Exception error) => error switch
    {
        SocketException e => e.SocketErrorCode.ToString(),
        { InnerException: SocketException e } => e.SocketErrorCode.ToString(),
        EndOfStreamException => "closed before the answer was complete",
        _ => PeerText.Clean(error.Message, MaxLength - 100),
    };
}
