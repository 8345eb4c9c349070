using System.Net;
using System.Net.Sockets;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>Checks of [endpoints].</summary>
internal static class EndpointValidator
{
    private const string Localhost = "localhost";
    private const string ClusterListen = "cluster.listen";

    /// <summary>
    /// No path that is too long for a socket, and no two addresses of which only one can be bound; <c>cluster.listen</c> is one of them.
    /// </summary>
    public static void Check(ValidationContext context)
    {
        CheckPaths(context);
        var seen = new List<(string Path, EndpointAddress Address)>();
        foreach (var (path, address) in Addresses(context))
        {
            var plain = address with { Mode = null, Allow = null, Host = address.Host.ToLowerInvariant() };
            if (plain is { IsUnix: false, Port: 0 })
                continue;
            if (seen.FirstOrDefault(other => IsSame(plain, other.Address) || Overlap(plain, other.Address)) is { Path: not null } found)
                Fault(context, (path, plain), found);
            else
                seen.Add((path, plain));
        }
    }

    /// <summary>
    /// True if one address takes the other's port along: the wildcard address of a family takes all of it, and <c>[::]</c> over TCP the
    /// IPv4 addresses too.
    /// </summary>
    public static bool Overlap(EndpointAddress one, EndpointAddress other) =>
        !one.IsUnix && one.Scheme == other.Scheme && one.Port == other.Port && (Covers(one, other) || Covers(other, one));

    private static bool IsSame(EndpointAddress one, EndpointAddress other) => one.ToString() == other.ToString();

    private static bool Covers(EndpointAddress wide, EndpointAddress narrow) => wide.Host switch
    {
        "0.0.0.0" => IsIPv4(narrow),
        "::" => IPAddress.TryParse(narrow.Host, out _) ? wide.Scheme == EndpointScheme.Tcp || !IsIPv4(narrow) : narrow.Host == Localhost,
        Localhost => narrow.Host is "127.0.0.1" or "::1",
        _ => false,
    };

    // A name is only resolved when the node starts; this one has the same address everywhere.
    private static bool IsIPv4(EndpointAddress address) =>
        address.Host == Localhost || (IPAddress.TryParse(address.Host, out var ip) && ip.AddressFamily == AddressFamily.InterNetwork);

    // A default gives way to what was written.
    private static void Fault(
        ValidationContext context, (string Path, EndpointAddress Address) later, (string Path, EndpointAddress Address) earlier)
    {
        var (subject, other) = context.Place(later.Path).Kind == PlaceKind.Default ? (earlier, later) : (later, earlier);
        var shown = subject.Path == ClusterListen ? subject.Address.ToString()["tcp://".Length..] : subject.Address.ToString();
        var where = context.Where(other.Path, subject.Path);
        context.Fault(
            subject.Path,
            $"{subject.Path} is {shown}; " + (IsSame(subject.Address, other.Address)
                ? $"{other.Path} has the same address {where}"
                : $"{other.Path} is {other.Address} {where}, and only one of them can be bound"));
    }

    // DATA_DIR may make a path too long. A default is then left out: a node must start in any folder.
    private static void CheckPaths(ValidationContext context)
    {
        foreach (var (path, address) in Addresses(context).Where(endpoint => endpoint.Address.IsPathTooLong))
        {
            var fault = $"{path} is {Wording.Show(address)}; a socket's path must not be longer than {EndpointAddress.MaxPathBytes} bytes";
            if (context.Place(path).Kind == PlaceKind.Default)
                context.Warn(path, $"{fault}, so this default is left out");
            else
                context.Fault(path, fault);
        }
    }

    private static IEnumerable<(string Path, EndpointAddress Address)> Addresses(ValidationContext context)
    {
        foreach (var door in context.Options.Endpoints.All().GroupBy(endpoint => endpoint.Door))
        {
            if (!context.IsSound("endpoints." + door.Key.Word()))
                continue;
            foreach (var (index, endpoint) in door.Index())
                yield return ($"endpoints.{door.Key.Word()}[{index + 1}]", endpoint.Address);
        }

        var listen = context.Options.Cluster.Listen;
        if (context.IsSound(ClusterListen))
            yield return (ClusterListen, new EndpointAddress(EndpointScheme.Tcp, listen.Host, listen.Port, "", null));
    }
}
