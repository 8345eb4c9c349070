namespace Screening.Node.Configuration;

/// <summary>Rules of [endpoints].</summary>
internal static class EndpointRules
{
    /// <summary>No path that is too long for a socket, and no address twice; cluster.listen is one of them.</summary>
    public static void Check(RuleContext context)
    {
        CheckPaths(context);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (path, address) in Addresses(context))
        {
            var key = (address with { Mode = null, Host = address.Host.ToLowerInvariant() }).ToString();
            if (address is { IsUnix: false, Port: 0 } || seen.TryAdd(key, path))
                continue;

            // A default gives way to what was written.
            var (subject, other) = context.Place(path).Kind == PlaceKind.Default ? (seen[key], path) : (path, seen[key]);
            context.Fault(
                subject,
                $"{subject} is {(subject == ClusterListen ? key["tcp://".Length..] : key)};"
                    + $" {other} has the same address {context.Where(other, subject)}");
        }
    }

    private const string ClusterListen = "cluster.listen";

    // DATA_DIR may make a path too long. A default is then left out: a node must start in any folder.
    private static void CheckPaths(RuleContext context)
    {
        foreach (var (path, address) in Addresses(context).Where(endpoint => endpoint.Address.IsPathTooLong))
        {
            var fault = $"{path} is {SettingTypes.Show(address)}; a socket's path must not be longer than {EndpointAddress.MaxPathBytes} bytes";
            if (context.Place(path).Kind == PlaceKind.Default)
                context.Warn(path, $"{fault}, so this default is left out");
            else
                context.Fault(path, fault);
        }
    }

    private static IEnumerable<(string Path, EndpointAddress Address)> Addresses(RuleContext context)
    {
        foreach (var kind in context.Options.Endpoints.All().GroupBy(endpoint => endpoint.Kind))
        {
            if (!context.IsSound("endpoints." + kind.Key))
                continue;
            foreach (var (index, endpoint) in kind.Index())
                yield return ($"endpoints.{kind.Key}[{index + 1}]", endpoint.Address);
        }

        var listen = context.Options.Cluster.Listen;
        if (context.IsSound(ClusterListen))
            yield return (ClusterListen, new EndpointAddress(EndpointScheme.Tcp, listen.Host, listen.Port, "", null));
    }
}
