using Screening.Node.Configuration;

namespace Screening.Node.Commands;

/// <summary>What a command needs of the connection to the node.</summary>
internal enum NodeAccess
{
    /// <summary>Any of the node's addresses: it asks what every peer may ask.</summary>
    Open,

    /// <summary>A unix socket, or a token: it changes the whitelist or reads all of it.</summary>
    Trusted,
}

/// <summary>Which of a node's addresses a command uses, where none is given.</summary>
internal static class NodeChoice
{
    /// <summary>
    /// The first of <c>endpoints.http</c>; for <see cref="NodeAccess.Trusted"/> without a token the first unix socket of it that is there.
    /// </summary>
    /// <returns>Null: the configuration has no <c>endpoints.http</c>.</returns>
    public static NodeUrl? Of(ScreeningOptions options, NodeAccess access, bool hasToken)
    {
        var addresses = options.Endpoints.Http;
        if (addresses.IsEmpty)
            return null;
        var socket = access == NodeAccess.Trusted && !hasToken ? addresses.FirstOrDefault(a => a.IsUnix && File.Exists(a.Path)) : null;
        return NodeUrl.OfEndpoint((socket ?? addresses[0]).ToString(), tls: options.Http.Certificate.Length > 0);
    }
}
