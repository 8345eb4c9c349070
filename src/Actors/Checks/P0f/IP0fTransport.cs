using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.P0f;

/// <summary>Asks p0f over its API socket.</summary>
public interface IP0fTransport
{
    /// <summary>Asks once. IPv4-mapped addresses are asked as IPv4.</summary>
    /// <exception cref="SourceException">p0f cannot be reached, closed the connection or did not answer in time.</exception>
    Task<P0fReply> AskAsync(ClientAddress client, TimeSpan timeout, CancellationToken cancellation);
}
