using System.Security.Cryptography;
using System.Text;
using Screening.Node.Platform;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints.Http;

/// <summary>The file with the token; empty: changes are taken on unix sockets only.</summary>
internal sealed record ChangeGuardSettings(string TokenFile);

/// <summary>
/// Lets changes through, and lists of what is kept of clients: on a unix socket all, since its mode decides which users may connect; over
/// TCP those with the token, on loopback too, for there any user of the host can connect. Root and the node's own user get lists on
/// loopback without it: they can read the node's files. What is known of one client is told to everybody who asks for it.
/// </summary>
internal sealed class ChangeGuard(ChangeGuardSettings settings, TimeProvider time, ILogger<ChangeGuard> log)
{
    private const string Scheme = "Bearer ";

    private readonly PacedLine _changesRefused = new(time, (count, peer, reason) => log.ChangesRefused(count, peer, reason));
    private readonly PacedLine _listsRefused = new(time, (count, peer, reason) => log.ListsRefused(count, peer, reason));

    /// <summary>Checks a request that would change something, and answers it if it may not.</summary>
    /// <returns>Who makes the change; null: it was refused.</returns>
    public async Task<Caller?> AdmitAsync(HttpContext context)
    {
        if (Caller.Of(context) is not { } caller)
        {
            await RefuseAsync(
                context, _changesRefused, StatusCodes.Status403Forbidden, "Forbidden",
                "the caller hung up before the kernel could say which user it was").ConfigureAwait(false);
            return null;
        }

        return caller.Via == AuditVia.Unix || await HasTokenAsync(context, "takes", "changes", _changesRefused).ConfigureAwait(false)
            ? caller
            : null;
    }

    /// <summary>Checks a request for a list of clients, and answers it if it may not have one.</summary>
    public async Task<bool> MayListAsync(HttpContext context) =>
        Caller.IsOnUnixSocket(context)
        || (context.Request.Headers.Authorization.Count == 0 && Caller.IsOwnUserOrRoot(context))
        || await HasTokenAsync(context, "gives", "lists of clients", _listsRefused).ConfigureAwait(false);

    private async Task<bool> HasTokenAsync(HttpContext context, string verb, string what, PacedLine refused)
    {
        if (settings.TokenFile.Length == 0)
        {
            await RefuseAsync(
                context, refused, StatusCodes.Status403Forbidden, "Forbidden",
                $"this node {verb} {what} on unix sockets only; over TCP they need a token, and it has no http.token_file")
                    .ConfigureAwait(false);
            return false;
        }

        if (HasToken(context.Request.Headers.Authorization))
            return true;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        await RefuseAsync(
            context, refused, StatusCodes.Status401Unauthorized, "Unauthorized",
            context.Request.Headers.Authorization.Count == 0 ? $"{what} over TCP need a token" : "the token is not this node's")
                .ConfigureAwait(false);
        return false;
    }

    private bool HasToken(string? authorization) =>
        authorization is not null
        && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && ReadToken() is { Length: > 0 } token
        && CryptographicOperations.FixedTimeEquals(Hash(token), Hash(authorization[Scheme.Length..].Trim()));

    // Read for each change: they are rare, and a token that was changed counts at once.
    private string ReadToken()
    {
        try
        {
            return File.ReadAllText(settings.TokenFile).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.TokenFault($"{settings.TokenFile}: {SystemError.Words(fault, settings.TokenFile)}");
            return "";
        }
    }

    // Hashes have one length, so the time of a comparison does not reveal the length of the token.
    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static Task RefuseAsync(HttpContext context, PacedLine refused, int status, string title, string detail)
    {
        refused.Add($"{context.Connection.RemoteIpAddress}", detail);
        return Answers.ProblemAsync(context, status, title, detail);
    }
}
