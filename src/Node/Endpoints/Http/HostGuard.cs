using System.Net;

namespace Screening.Node.Endpoints.Http;

/// <summary>
/// Turns away requests that a web page elsewhere makes through a person's browser: the Host header must be an address, localhost or this
/// node's own name (a name that somebody else's DNS points here is none of these), and an Origin must be the Host itself.
/// </summary>
/// <remarks>
/// Paths are compared as routing compares them, without regard to case. Only probes and scrapers are exempt: they use any name for a
/// node, and what they read says nothing about a client.
/// </remarks>
internal sealed class HostGuard(RequestDelegate next, string nodeName)
{
    private static readonly string HostName = Dns.GetHostName();
    private static readonly PathString[] Exempt = ["/healthz", "/readyz", "/metrics"];

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (Exempt.Any(path => request.Path.Equals(path, StringComparison.OrdinalIgnoreCase)))
            return next(context);
        if (!IsOurs(request.Host.Host))
            return RefuseAsync(context, $"Host '{request.Host.Host}' is not this node");
        if (request.Headers.Origin is [{ Length: > 0 } origin]
            && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase))
        {
            return RefuseAsync(context, "the request comes from a page of another site");
        }

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
