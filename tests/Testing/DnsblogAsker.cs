using System.Globalization;
using System.Text;

namespace Screening.Testing;

/// <summary>A dnsblog reply, taken apart.</summary>
public sealed record DnsblogAnswer(string RblDomain, string ClientAddress, string Label, string RblAddress, int Ttl);

/// <summary>postscreen's side of the dnsblog protocol (src/postscreen/postscreen_dnsbl.c), as strict as it is.</summary>
public static class DnsblogAsker
{
    private static readonly string[] Names = ["rbl_domain", "client_address", "label", "rbl_addr", "ttl"];

    /// <summary>What postscreen sends.</summary>
    public static byte[] Request(string domain, string client, int label = 0) =>
        Attributes(("rbl_domain", domain), ("client_address", client), ("label", label.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Any attributes, ended by an empty name.</summary>
    public static byte[] Attributes(params (string Name, string Value)[] attributes) =>
        Encoding.Latin1.GetBytes(string.Concat(attributes.Select(pair => $"{pair.Name}\0{pair.Value}\0")) + "\0");

    /// <summary>Reads a reply. Null unless all is there, in order, and nothing else: postscreen then has no answer.</summary>
    public static DnsblogAnswer? ReadReply(ReadOnlySpan<byte> bytes)
    {
        var parts = Encoding.Latin1.GetString(bytes).Split('\0');
        var complete = parts.Length == 12 && parts[10].Length == 0 && parts[11].Length == 0
            && Names.Select((name, i) => parts[i * 2] == name).All(same => same);
        return complete && int.TryParse(parts[9], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ttl)
            ? new DnsblogAnswer(parts[1], parts[3], parts[5], parts[7], ttl)
            : null;
    }

    /// <summary>Asks over a connection and reads once, as postscreen does: a reply in two pieces is lost.</summary>
    public static async Task<DnsblogAnswer?> AskAsync(
        Stream connection, string domain, string client, int label, CancellationToken cancellation)
    {
        await connection.WriteAsync(Request(domain, client, label), cancellation);
        var buffer = new byte[4096];
        var length = await connection.ReadAsync(buffer, cancellation);
        return ReadReply(buffer.AsSpan(0, length));
    }
}
