using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>A node that nobody can ask, doors that let in more than is meant, and an API that is read on the way.</summary>
internal static class EndpointLint
{
    public static void Check(ValidationContext context)
    {
        var options = context.Options;
        if (!options.Endpoints.All().Any())
            context.Warn("endpoints", "has no address", "no mail server can ask this node", "open one door, such as dnsblog or policy");
        foreach (var door in options.Endpoints.All().GroupBy(endpoint => endpoint.Door))
        {
            foreach (var (index, address) in door.Select(endpoint => endpoint.Address).Index().Where(found => IsOffLoopback(found.Item)))
                Check(context, $"endpoints.{door.Key.Word()}[{index + 1}]", address, isHttp: door.Key == Door.Http);
        }
    }

    private static void Check(ValidationContext context, string path, EndpointAddress address, bool isHttp)
    {
        if (address.Allow is null)
        {
            context.Warn(
                path, $"is {address}", "without ?allow= it takes every private network and every network that this host is on",
                $"write {address}?allow= and the networks that may connect, or ?allow=any");
        }

        if (isHttp && context.Options.Http.Certificate.Length == 0)
        {
            context.Warn(
                path, $"is {address}", "tokens and addresses of clients cross the network in plain text",
                "set http.certificate and http.key, or listen on 127.0.0.1");
        }
    }

    private static bool IsOffLoopback(EndpointAddress address) => !address.IsUnix && !new HostPort(address.Host, address.Port).IsLoopback;
}
