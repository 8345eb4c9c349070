using System.Net;

namespace Screening.Node.Endpoints.Http;

/// <summary>
/// Turns away requests that a web page elsewhere makes through a person's browser: the Host header must be an address, localhost or this
/// node's own name (a name that somebody else's DNS points here is neither), and an Origin must be the Host itself.
/// </summary>
internal sealed class HostGuard(RequestDelegate next, string nodeName)
{
    private static readonly string HostName = Dns.GetHostName();

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
            return next(context); // Probes and scrapers use any name, and learn nothing of a client.
        if (!IsOurs(request.Host.Host))
            return RefuseAsync(context, $"Host '{request.Host.Host}' is not this node");
        if (request.Headers.Origin is [{ Length: > 0 } origin] && origin != $"{request.Scheme}://{request.Host}")
            return RefuseAsync(context, "the request comes from a page of another site");
        return next(context);
    }

    private bool IsOurs(string host) =>
        host.Length == 0
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.Equals(nodeName, StringComparison.OrdinalIgnoreCase)
        || host.Equals(HostName, StringComparison.OrdinalIgnoreCase);

    private static Task RefuseAsync(HttpContext context, string detail) =>
        Answers.ProblemAsync(context, StatusCodes.Status403Forbidden, "Forbidden", detail);
}
