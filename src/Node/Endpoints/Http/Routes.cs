namespace Screening.Node.Endpoints.Http;

/// <summary>How the HTTP door's paths are mapped and their parameters read.</summary>
internal static class Routes
{
    // RFC 9110 section 9.1: a server must support HEAD wherever it supports GET. The server leaves out the body of the response.
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>Maps GET, and HEAD with the same headers.</summary>
    public static void MapRead(this IEndpointRouteBuilder routes, string pattern, RequestDelegate answer) =>
        routes.MapMethods(pattern, GetAndHead, answer);

    /// <summary>The address or network in a path.</summary>
    /// <remarks>The server decodes a path but leaves an encoded slash as it is, so that it separates no segments.</remarks>
    public static string Address(HttpContext context) =>
        ((string?)context.Request.RouteValues["address"] ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
