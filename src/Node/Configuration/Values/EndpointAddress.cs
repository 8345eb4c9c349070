using System.Globalization;
using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

internal enum EndpointScheme
{
    Tcp,
    Udp,
    Unix,
}

/// <summary>
/// Where a listener listens or a plug-in is reached: <c>tcp://HOST:PORT[?allow=NETWORK,...]</c>, <c>udp://</c> likewise, or
/// <c>unix:///PATH[?mode=0660]</c>. HOST is an IPv4 address, an IPv6 address in brackets, or a name that is resolved when it is used.
/// <c>unix://DATA_DIR/PATH</c> is a socket in the node's data folder.
/// </summary>
/// <param name="Scheme">Kind of socket.</param>
/// <param name="Host">IP address without brackets, or name; empty for unix sockets.</param>
/// <param name="Port">0..65535; 0 takes a free port. 0 for unix sockets.</param>
/// <param name="Path">The socket's absolute path, or <c>DATA_DIR/</c> and what follows; empty for tcp and udp.</param>
/// <param name="Mode">The socket file's permission bits; null: 0660.</param>
internal sealed record EndpointAddress(EndpointScheme Scheme, string Host, int Port, string Path, UnixFileMode? Mode)
{
    /// <summary>The longest path of a unix socket in bytes: <c>sun_path</c> of unix(7) less its final zero.</summary>
    public const int MaxPathBytes = 107;

    private const string DataDir = "DATA_DIR/";
    private const string AllowQuery = "allow=";

    /// <summary>
    /// The peers that may connect; null: loopback, private networks and those that this host is on. Null for unix sockets.
    /// </summary>
    public AllowList? Allow { get; init; }

    public bool IsUnix => Scheme == EndpointScheme.Unix;

    /// <summary>True if the path begins with <c>DATA_DIR</c>, which only <see cref="Within"/> makes a place.</summary>
    public bool IsInDataDir => Path.StartsWith(DataDir, StringComparison.Ordinal);

    /// <summary>True if no socket can have this path.</summary>
    public bool IsPathTooLong => Encoding.UTF8.GetByteCount(Path) > MaxPathBytes;

    /// <summary>The same address with the data folder in place of <c>DATA_DIR</c>.</summary>
    /// <param name="dataDir">The folder's absolute path.</param>
    public EndpointAddress Within(string dataDir) =>
        IsInDataDir ? this with { Path = System.IO.Path.Combine(dataDir, Path[DataDir.Length..]) } : this;

    /// <summary>The same address with the port that was really taken.</summary>
    public EndpointAddress WithPort(int port) => this with { Port = port };

    /// <summary>Reads an address that is known to be well formed.</summary>
    /// <exception cref="FormatException">The text is not an endpoint address.</exception>
    public static EndpointAddress Parse(string text) =>
        TryParse(text, out var address, out var problem) ? address : throw new FormatException($"'{text}': {problem}");

    /// <summary>Reads an address. <paramref name="problem"/> is the rule that was broken: "it must ...".</summary>
    public static bool TryParse(string text, out EndpointAddress address, out string problem)
    {
        address = null!;
        problem = "it must be tcp://HOST:PORT, udp://HOST:PORT or unix:///PATH";
        var colon = text.IndexOf("://", StringComparison.Ordinal);
        if (colon < 0)
            return false;
        var rest = text[(colon + 3)..];
        return text[..colon] switch
        {
            "tcp" => TryParseInternet(EndpointScheme.Tcp, rest, out address, ref problem),
            "udp" => TryParseInternet(EndpointScheme.Udp, rest, out address, ref problem),
            "unix" => TryParseUnix(rest, out address, ref problem),
            _ => false,
        };
    }

    public override string ToString() => Scheme switch
    {
        EndpointScheme.Unix => $"unix://{Path}" + (Mode is { } mode ? "?mode=0" + Convert.ToString((int)mode, 8).PadLeft(3, '0') : ""),
        _ => $"{Wording.Word(Scheme)}://{new HostPort(Host, Port)}" + (Allow is null ? "" : $"?{AllowQuery}{Allow}"),
    };

    private static bool TryParseInternet(EndpointScheme scheme, string rest, out EndpointAddress address, ref string problem)
    {
        address = null!;
        AllowList? allow = null;
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        if (question >= 0 && !rest[(question + 1)..].StartsWith(AllowQuery, StringComparison.Ordinal))
            problem = "what follows the port must be ?allow= and networks, such as ?allow=192.0.2.0/24, or ?allow=any";
        else if (HostPort.TryParse(question < 0 ? rest : rest[..question], out var host, out problem)
            && (question < 0 || AllowList.TryParse(rest[(question + 1 + AllowQuery.Length)..], out allow, out problem)))
            address = new EndpointAddress(scheme, host.Host, host.Port, "", null) { Allow = allow };
        return address is not null;
    }

    private static bool TryParseUnix(string rest, out EndpointAddress address, ref string problem)
    {
        address = null!;
        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? rest : rest[..question];
        UnixFileMode? mode = null;
        if (question >= 0 && !TryParseMode(rest[(question + 1)..], out mode))
            problem = "what follows the path must be ?mode= and octal digits, such as ?mode=0660";
        else if (!IsPath(path))
            problem = "it must name an absolute path: unix:///PATH";
        else if (Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
            problem = string.Create(CultureInfo.InvariantCulture, $"a socket's path must not be longer than {MaxPathBytes} bytes");
        else
            address = new EndpointAddress(EndpointScheme.Unix, "", 0, path, mode);
        return address is not null;
    }

    private static bool IsPath(string path) =>
        !path.Any(char.IsControl)
        && ((path.Length > 1 && path[0] == '/') || (path.StartsWith(DataDir, StringComparison.Ordinal) && path.Length > DataDir.Length));

    private static bool TryParseMode(string query, out UnixFileMode? mode)
    {
        mode = null;
        if (!query.StartsWith("mode=", StringComparison.Ordinal))
            return false;
        var digits = query["mode=".Length..];
        if (digits.Length is < 3 or > 4 || (digits.Length == 4 && digits[0] != '0') || digits.Any(digit => digit is < '0' or > '7'))
            return false;
        mode = (UnixFileMode)Convert.ToInt32(digits, 8);
        return true;
    }
}

/// <summary>A host and a port, <c>HOST:PORT</c>; IPv6 addresses stand in brackets.</summary>
/// <param name="Host">IP address without brackets, or name.</param>
/// <param name="Port">0..65535.</param>
internal sealed record HostPort(string Host, int Port)
{
    /// <summary>True if nothing that is sent there leaves this host.</summary>
    public bool IsLoopback =>
        Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (ClientAddress.TryParse(Host, out var address) && System.Net.IPAddress.IsLoopback(address.ToIPAddress()));

    /// <summary>True for the addresses that mean "all addresses of this host".</summary>
    public bool IsWildcard => Host is "0.0.0.0" or "::";

    /// <summary>Reads an address that is known to be well formed.</summary>
    /// <exception cref="FormatException">The text is not a host and a port.</exception>
    public static HostPort Parse(string text) =>
        TryParse(text, out var value, out var problem) ? value : throw new FormatException($"'{text}': {problem}");

    /// <summary>Reads a host and a port. <paramref name="problem"/> is the rule that was broken: "it must ...".</summary>
    public static bool TryParse(string text, out HostPort value, out string problem)
    {
        value = null!;
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? text : text[..colon];
        problem = (colon < 0 || host.Length == 0, host.Contains(':', StringComparison.Ordinal)) switch
        {
            (true, _) => "it must have a host and a port: HOST:PORT",
            (_, true) when host[0] != '[' || host[^1] != ']' => "an IPv6 address must stand in brackets: [::1]:25",
            (_, true) when !ClientAddress.TryParse(host.AsSpan(1, host.Length - 2), out _) =>
                "what stands in brackets must be an IPv6 address",
            (_, false) when !IsHost(host) => "its host must be an IP address or a host name",
            _ => "",
        };
        if (problem.Length > 0)
            return false;
        if (!TryParsePort(text.AsSpan(colon + 1), out var port))
        {
            problem = "its port must be 0 to 65535";
            return false;
        }

        value = new HostPort(host.Trim('[', ']'), port);
        return true;
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    // A host of digits and dots alone is a mistyped address, never a name (RFC 1123 section 2.1).
    private static bool IsHost(string host) =>
        ClientAddress.TryParse(host, out _)
        || (host.Length <= 253 && host[0] is not ('-' or '.')
            && host.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_')
            && !host.All(letter => char.IsAsciiDigit(letter) || letter == '.'));

    private static bool TryParsePort(ReadOnlySpan<char> digits, out int port) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && port <= 65535 && (digits.Length == 1 || digits[0] != '0');
}
