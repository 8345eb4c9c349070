using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Plugin;

/// <summary>
/// One query of the plug-in protocol, in its 2012 form (<c>query_id</c>, <c>remote_*</c>, <c>local_*</c>) or its 2016 form
/// (<c>client_*</c>, <c>server_*</c>, answers in order). Its spans point into the message that was parsed.
/// </summary>
/// <remarks>
/// <code>
/// query_id=uniquestring        echoed byte for byte; with one, answers may come in any order
/// address_family=ipv4          ignored: the address says it
/// protocol=tcp                 ignored
/// local_address=1.2.3.4        or server_address
/// local_port=25                or server_port
/// remote_address=5.4.3.2       or client_address; the only required attribute
/// remote_port=6666             or client_port
/// </code>
/// Attributes come in any order, unknown ones are ignored, the last of a repeated one counts (the two names of an attribute are the same
/// attribute). An optional attribute never spoils a query: a malformed one counts as absent.
/// <list type="table">
/// <item><term>LineTooLong, RequestTooLong (from the framer)</term><description>framing is lost: close, one log line</description></item>
/// <item><term>everything else</term><description>default action in its turn, counted; the connection stays open</description></item>
/// </list>
/// </remarks>
public readonly ref struct PluginRequest
{
    /// <summary>Bounds of a query, and of an answer.</summary>
    public static readonly ParseLimits Limits = new(1024, 8 * 1024);

    /// <summary>True if the query has a <c>query_id</c> attribute; it is echoed even if it is empty.</summary>
    public bool HasQueryId { get; private init; }

    /// <summary>The query's id as it was sent.</summary>
    public ReadOnlySpan<byte> QueryId { get; private init; }

    /// <summary>True if the answer must wait for those of earlier queries without id on the same connection.</summary>
    public bool IsOrdered => QueryId.IsEmpty;

    /// <summary>The client's address.</summary>
    public ClientAddress Client { get; private init; }

    /// <summary>The mail exchanger's address that the client connected to; null if unknown.</summary>
    public ClientAddress? Local { get; private init; }

    /// <summary>The port the client connected to; 0 if unknown.</summary>
    public int LocalPort { get; private init; }

    /// <summary>The client's port; 0 if unknown.</summary>
    public int RemotePort { get; private init; }

    /// <summary>Reads one framed message. When false, the id is still there if the message had one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out PluginRequest request, out ParseError error)
    {
        var found = Attributes.Table.Read(message);
        var client = default(ClientAddress);
        error = found.Error;
        if (error.Kind == ParseErrorKind.None && !found.Has(Attributes.Client))
            error = new ParseError(ParseErrorKind.MissingAttribute, message.Length);
        else if (error.Kind == ParseErrorKind.None && !ClientAddress.TryParse(found[Attributes.Client], out client))
            error = new ParseError(ParseErrorKind.BadAddress, found.OffsetOf(Attributes.Client));

        request = new PluginRequest
        {
            HasQueryId = found.Has(Attributes.QueryId),
            QueryId = found[Attributes.QueryId],
            Client = client,
            RemotePort = found.Port(Attributes.RemotePort),
            Local = found.Address(Attributes.Local),
            LocalPort = found.Port(Attributes.LocalPort),
        };
        return error.Kind == ParseErrorKind.None;
    }

    private static class Attributes
    {
        public const int QueryId = 0, Client = 1, RemotePort = 2, Local = 3, LocalPort = 4;

        public static readonly AttributeTable Table = new(
            (QueryId, "query_id"),
            (Client, "remote_address"),
            (Client, "client_address"),
            (RemotePort, "remote_port"),
            (RemotePort, "client_port"),
            (Local, "local_address"),
            (Local, "server_address"),
            (LocalPort, "local_port"),
            (LocalPort, "server_port"));
    }
}
