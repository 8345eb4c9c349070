namespace Screening.Node.Configuration;

/// <summary>A node that nobody can ask, and an API that is read on the way.</summary>
internal static class EndpointLint
{
    public static void Check(RuleContext context)
    {
        var options = context.Options;
        if (!options.Endpoints.All().Any())
            context.Warn("endpoints", "has no address", "no mail server can ask this node", "open one door, such as dnsblog or policy");
        foreach (var (index, address) in options.Endpoints.Http.Index())
        {
            if (!address.IsUnix && !new HostPort(address.Host, address.Port).IsLoopback && options.Http.Certificate.Length == 0)
                context.Warn(
                    $"endpoints.http[{index + 1}]", $"is {address}", "tokens and addresses of clients cross the network in plain text",
                    "set http.certificate and http.key, or listen on 127.0.0.1");
        }
    }
}
