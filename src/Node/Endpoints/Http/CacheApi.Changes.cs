using System.Collections.Immutable;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Screening.Actors.Fleet;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Http;

/// <summary>
/// The changes: grant and ban, forget, import. All go the same way: the guard admits the caller, a dry run counts and ends here, a change
/// that reaches far has to be confirmed, and then it is made and recorded.
/// </summary>
internal sealed partial class CacheApi
{
    private const string DryRun = "dry_run";
    private const int MaxGrantBytes = 16 * 1024;

    private async Task SetGrantAsync(HttpContext context)
    {
        if (await guard.AdmitAsync(context).ConfigureAwait(false) is not { } caller
            || await ReadNetworkAsync(context).ConfigureAwait(false) is not { } network
            || await IsDryRunAsync(context, network).ConfigureAwait(false)
            || !await ConfirmAsync(context, [network]).ConfigureAwait(false))
        {
            return;
        }

        LimitBody(context, MaxGrantBytes);
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted).ConfigureAwait(false);
        if (!TryReadGrant(body, out var grant, out var fault))
        {
            await Answers.BadRequestAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var entry = new AuditEntry(
            caller.Author, caller.Via, grant.Kind.Word(), CacheLine.TextOf(network), grant.Ttl, grant.Reason, 0, false);
        var made = time.GetUtcNow();
        var change = await ChangeAsync(
            entry, () => whitelist().SetAsync(grant.Kind, network, grant.Life, caller.Author, grant.Reason, CancellationToken.None))
            .ConfigureAwait(false);
        var kind = grant.Kind == GrantKind.Ban ? WhitelistLineKind.Ban : WhitelistLineKind.Grant;
        var line = new WhitelistLine(network, Profile.DefaultName, kind, made + grant.Life, default, caller.Author, made, grant.Reason);
        await Answers.WriteJsonAsync(context, CacheLine.Of(line) with { Durable = change.Durable }, ApiJson.Default.CacheLine)
            .ConfigureAwait(false);
    }

    private bool TryReadGrant(string body, out Grant grant, out string fault)
    {
        grant = default;
        if (!ApiText.TryParse(body, ApiJson.Default.GrantRequest, out var request, out fault))
            return false;
        if (request.Others?.Keys.FirstOrDefault() is { } unknown)
            fault = $"there is no '{PeerText.Clean(unknown)}'; known are kind, ttl, reason";
        else if (!ApiText.TryParseWord<GrantKind>("kind", request.Kind, GrantKindWords.Word, out var kind, out fault))
            return false;
        else if (string.IsNullOrEmpty(request.Ttl))
            fault = "ttl is missing";
        else if (!Duration.TryParse(request.Ttl, out var life) || life < TimeSpan.FromSeconds(1) || life > settings.MaxLife)
            fault = $"ttl: '{PeerText.Clean(request.Ttl)}' is not 1s to {Duration.Format(settings.MaxLife)} (cache.max_life)";
        else
            grant = new Grant(kind, request.Ttl, life, PeerText.Clean(request.Reason ?? "", CacheLine.MaxReasonLength));
        return fault.Length == 0;
    }

    private async Task ForgetAsync(HttpContext context)
    {
        if (await guard.AdmitAsync(context).ConfigureAwait(false) is not { } caller
            || await ReadNetworkAsync(context).ConfigureAwait(false) is not { } network
            || await IsDryRunAsync(context, network).ConfigureAwait(false)
            || !await ConfirmAsync(context, [network]).ConfigureAwait(false))
        {
            return;
        }

        var entry = new AuditEntry(caller.Author, caller.Via, "forget", CacheLine.TextOf(network), null, "", 0, false);
        var change = await ChangeAsync(entry, () => whitelist().ForgetAsync(network, CancellationToken.None)).ConfigureAwait(false);
        await Answers.WriteJsonAsync(context, new ForgetResult(change.Count, change.Durable), ApiJson.Default.ForgetResult)
            .ConfigureAwait(false);
    }

    private async Task ImportAsync(HttpContext context)
    {
        if (await guard.AdmitAsync(context).ConfigureAwait(false) is not { } caller)
            return;
        LimitBody(context, CacheImport.MaxBytes);
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var now = time.GetUtcNow();
        var import = await CacheImport.ReadAsync(reader, caller.Author, now, context.RequestAborted).ConfigureAwait(false);
        if (import.Faults.Count > 0)
        {
            await Answers.BadRequestAsync(context, $"nothing was imported: {import.Faults[0]}", import.Faults).ConfigureAwait(false);
            return;
        }

        var lines = Bounded(import.Lines, now + settings.MaxLife);
        var networks = lines.Where(l => l.Kind != WhitelistLineKind.Pass).Select(l => l.Network);
        if (IsSet(context, DryRun))
        {
            var imported = await whitelist().CountImportAsync(lines, context.RequestAborted).ConfigureAwait(false);
            await Answers.WriteJsonAsync(context, new ImportCount(true, imported, reach.DoubtsOf(networks)), ApiJson.Default.ImportCount)
                .ConfigureAwait(false);
            return;
        }

        if (!await ConfirmAsync(context, networks).ConfigureAwait(false))
            return;
        var entry = new AuditEntry(caller.Author, caller.Via, "import", "", null, "", 0, false);
        var change = await ChangeAsync(entry, () => whitelist().ImportAsync(lines, CancellationToken.None)).ConfigureAwait(false);
        await Answers.WriteJsonAsync(context, new ImportResult(change.Count, change.Durable), ApiJson.Default.ImportResult)
            .ConfigureAwait(false);
    }

    // Nothing lives longer than it could have when made here.
    private static ImmutableArray<WhitelistLine> Bounded(ImmutableArray<WhitelistLine> lines, DateTimeOffset latest) =>
    [
        .. lines.Select(
            l => l with { Expires = l.Expires < latest ? l.Expires : latest, Times = l.Times.CappedAt(latest.ToUnixTimeSeconds()) }),
    ];

    // Refuses a change that reaches further than its author may know, unless it is confirmed.
    private async Task<bool> ConfirmAsync(HttpContext context, IEnumerable<Network> networks)
    {
        if (IsSet(context, ReachGuard.Confirmation) || reach.DoubtsOf(networks) is not { Length: > 0 } doubts)
            return true;
        var detail = $"nothing was changed: {doubts[0]}; confirm with --yes, or yes=true over HTTP";
        await Answers.ProblemAsync(context, StatusCodes.Status409Conflict, "Confirmation needed", detail, doubts).ConfigureAwait(false);
        return false;
    }

    // Answers a dry run with what is inside the network.
    private async Task<bool> IsDryRunAsync(HttpContext context, Network network)
    {
        if (!IsSet(context, DryRun))
            return false;
        var count = await whitelist().CountAsync(network, context.RequestAborted).ConfigureAwait(false);
        var answer = new NetworkCount(true, count.Grants, count.Bans, count.Entries, reach.DoubtsOf([network]));
        await Answers.WriteJsonAsync(context, answer, ApiJson.Default.NetworkCount).ConfigureAwait(false);
        return true;
    }

    // Never cut off by a caller who hangs up: what was changed must be in the audit log. Where the fleet cannot tell what came of it,
    // some of the change may hold, and the log says that.
    private async Task<WhitelistChange> ChangeAsync(AuditEntry entry, Func<Task<WhitelistChange>> change)
    {
        try
        {
            var done = await change().ConfigureAwait(false);
            await audit.WriteAsync(entry with { Count = done.Count, Durable = done.Durable }).ConfigureAwait(false);
            return done;
        }
        catch (WhitelistUnavailableException fault)
        {
            await audit.WriteAsync(entry with { Fault = fault.Message }).ConfigureAwait(false);
            throw;
        }
    }

    private static bool IsSet(HttpContext context, string name) => context.Request.Query[name] is ["" or "1" or "true" or "yes"];

    private static void LimitBody(HttpContext context, long bytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = bytes;
    }

    // A grant or a ban as it was asked for; Ttl is its life as the caller wrote it, for the audit log.
    private readonly record struct Grant(GrantKind Kind, string Ttl, TimeSpan Life, string Reason);
}
