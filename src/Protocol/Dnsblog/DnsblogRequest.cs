using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Dnsblog;

/// <summary>What postscreen asks dnsblog(8): is this client listed in this domain? Only the parser makes one.</summary>
/// <remarks>
/// <code>
/// request = rbl_domain NUL zone NUL client_address NUL address NUL label NUL number NUL NUL
/// reply   = rbl_domain NUL zone NUL client_address NUL address NUL label NUL number NUL
///           rbl_addr NUL [ code *( SP code ) ] NUL ttl NUL seconds NUL NUL
/// </code>
/// Postfix src/dnsblog/dnsblog.c and src/util/attr_scan0.c. One request a connection, closed after the reply. An error has no
/// reply of its own: the connection is closed, and postscreen counts the domain as not answering.
/// </remarks>
public sealed record DnsblogRequest
{
    /// <summary>The longest request, with the NUL that ends it.</summary>
    public const int MaxBytes = 2048;

    /// <summary>The longest domain.</summary>
    public const int MaxDomainLength = 255;

    /// <summary>The longest label.</summary>
    public const int MaxLabelLength = 100;

    internal DnsblogRequest(string rblDomain, ClientAddress client, string clientText, string label) =>
        (RblDomain, Client, ClientText, Label) = (rblDomain, client, clientText, label);

    /// <summary>The list's domain as asked, printable ASCII without space; in the case that the client used.</summary>
    public string RblDomain { get; }

    /// <summary>The client.</summary>
    public ClientAddress Client { get; }

    /// <summary>The client as postscreen writes it; the reply repeats it byte for byte.</summary>
    public string ClientText { get; }

    /// <summary>postscreen's number for the question, printable ASCII without space; the reply repeats it.</summary>
    public string Label { get; }
}
