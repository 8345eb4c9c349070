using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Node.Configuration;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Http;

/// <summary>The longest life that a grant or a ban may have.</summary>
internal sealed record CacheApiSettings(TimeSpan MaxLife);

/// <summary>
/// The fleet's whitelist over HTTP. Asking about one address or network is free; lists and changes are for those whom
/// <see cref="ChangeGuard"/> admits. Each change is recorded by <see cref="AuditLog"/> before it is answered.
/// </summary>
internal sealed class CacheApi(
    IFleetWhitelist whitelist, ChangeGuard guard, ReachGuard reach, AuditLog audit, CacheApiSettings settings, TimeProvider time)
{
    private const string Root = "/api/v1/cache";
    private const string DryRun = "dry_run";
    private const int DefaultLimit = 100;
    private const int MaxLimit = 10_000;
    private const int MaxGrantBytes = 16 * 1024;
    private const int RetryAfterSeconds = 5;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapRead(Root, context => AnswerAsync(context, ListAsync));
        routes.MapPost(Root, context => AnswerAsync(context, ImportAsync));
        routes.MapRead(Root + "/{**address}", context => AnswerAsync(context, ShowAsync));
        routes.MapPut(Root + "/{**address}", context => AnswerAsync(context, SetGrantAsync));
        routes.MapDelete(Root + "/{**address}", context => AnswerAsync(context, ForgetAsync));
    }

    // Every way in which the fleet or the request may fail, as a problem.
    private static async Task AnswerAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        try
        {
            await answer(context).ConfigureAwait(false);
        }
        catch (FleetUnavailableException fault)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            await Answers.ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, "Service unavailable", fault.Message).ConfigureAwait(false);
        }
        catch (WhitelistFullException fault)
        {
            await Answers.ProblemAsync(context, StatusCodes.Status507InsufficientStorage, "Insufficient storage", fault.Message).ConfigureAwait(false);
        }
        catch (BadHttpRequestException fault)
        {
            await Answers.ProblemAsync(context, fault.StatusCode, "Bad request", fault.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for the answer.
        }
    }

    private async Task ListAsync(HttpContext context)
    {
        if (!await guard.MayListAsync(context).ConfigureAwait(false))
            return;
        var (query, limit) = (context.Request.Query, DefaultLimit);
        Network? within = null;
        if (query["prefix"] is [{ Length: > 0 } prefix])
        {
            if (!Network.TryParse(prefix, out var network, out var error))
            {
                await Answers.BadRequestAsync(context, $"prefix: {PeerText.Clean(error, 200)}").ConfigureAwait(false);
                return;
            }

            within = network;
        }

        if (query["limit"] is [{ Length: > 0 } given]
            && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxLimit))
        {
            await Answers.BadRequestAsync(context, $"limit: '{PeerText.Clean(given)}' is not 1 to {MaxLimit}").ConfigureAwait(false);
            return;
        }

        WhitelistPage page;
        var after = query["after"] is [{ Length: > 0 } place] ? place : null;
        try
        {
            page = await whitelist.ListAsync(within, after, limit, context.RequestAborted).ConfigureAwait(false);
        }
        catch (FormatException)
        {
            await Answers.BadRequestAsync(context, $"after: '{PeerText.Clean(after ?? "")}' is not where a page ended").ConfigureAwait(false);
            return;
        }

        if (page.Next is { } next)
            context.Response.Headers.Link = NextOf(within, next, limit);
        await Answers.WriteJsonAsync(context, json =>
        {
            json.WriteStartArray();
            foreach (var line in page.Lines)
                CacheLines.Write(json, line);
            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    // RFC 8288
    private static string NextOf(Network? within, string next, int limit)
    {
        var prefix = within is { } network ? $"prefix={Uri.EscapeDataString(CacheLines.Text(network))}&" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"<{Root}?{prefix}after={Uri.EscapeDataString(next)}&limit={limit}>; rel=\"next\"");
    }

    private async Task ShowAsync(HttpContext context)
    {
        if (await ReadNetworkAsync(context).ConfigureAwait(false) is not { } network)
            return;
        var lines = CacheLines.IsSingle(network)
            ? await whitelist.ShowAsync(network.Address, context.RequestAborted).ConfigureAwait(false)
            : await GrantsOfAsync(network, context.RequestAborted).ConfigureAwait(false);
        if (lines.IsEmpty)
        {
            var what = CacheLines.IsSingle(network) ? "nothing is known of" : "there is neither a grant nor a ban of";
            await Answers.ProblemAsync(context, StatusCodes.Status404NotFound, "Not found", $"{what} {CacheLines.Text(network)}").ConfigureAwait(false);
            return;
        }

        await Answers.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            CacheLines.WriteMembers(json, lines[0]);
            json.WriteStartArray("also");
            foreach (var line in lines.Skip(1))
                CacheLines.Write(json, line);
            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    // The grant and the ban of exactly this network, the ban first, for it decides. Lists begin with grants and bans.
    private async Task<ImmutableArray<WhitelistLine>> GrantsOfAsync(Network network, CancellationToken cancellation)
    {
        var found = new List<WhitelistLine>();
        for (string? after = null; ;)
        {
            var page = await whitelist.ListAsync(network, after, MaxLimit, cancellation).ConfigureAwait(false);
            found.AddRange(page.Lines.Where(l => l.Kind != WhitelistLineKind.Pass && l.Network == network));
            after = page.Next;
            if (after is null || page.Lines.Any(l => l.Kind == WhitelistLineKind.Pass))
                return [.. found.OrderByDescending(l => l.Kind)];
        }
    }

    private async Task SetGrantAsync(HttpContext context)
    {
        if (await guard.AdmitAsync(context).ConfigureAwait(false) is not { } caller
            || await ReadNetworkAsync(context).ConfigureAwait(false) is not { } network)
            return;
        if (IsSet(context, DryRun))
        {
            await CountAsync(context, network).ConfigureAwait(false);
            return;
        }

        if (!await ConfirmAsync(context, [network]).ConfigureAwait(false))
            return;
        LimitBody(context, MaxGrantBytes);
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted).ConfigureAwait(false);
        if (!TryReadGrant(body, out var kind, out var ttl, out var life, out var reason, out var fault))
        {
            await Answers.BadRequestAsync(context, fault).ConfigureAwait(false);
            return;
        }

        var line = kind == GrantKind.Ban ? WhitelistLineKind.Ban : WhitelistLineKind.Grant;
        var entry = new AuditEntry(caller.Author, caller.Via, CacheLines.Word(line), CacheLines.Text(network), ttl, reason, 0, false);
        var made = time.GetUtcNow();
        var change = await ChangeAsync(
            entry, () => whitelist.SetAsync(kind, network, life, caller.Author, reason, CancellationToken.None)).ConfigureAwait(false);
        await Answers.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            CacheLines.WriteMembers(json, new WhitelistLine(network, "default", line, made + life, default, caller.Author, made, reason));
            json.WriteBoolean("durable", change.Durable);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private bool TryReadGrant(string body, out GrantKind kind, out string ttl, out TimeSpan life, out string reason, out string fault)
    {
        (kind, ttl, life, reason) = (default, "", default, "");
        if (!JsonMembers.TryParse(body, out var members, out fault))
            return false;
        using (members)
        {
            members.AllowOnly("kind", "ttl", "reason");
            kind = members.OneOf("kind", ("grant", GrantKind.Grant), ("ban", GrantKind.Ban));
            ttl = members.Raw("ttl") ?? "";
            reason = members.Text("reason", CacheLines.MaxReasonLength) ?? "";
            if (ttl.Length == 0)
                members.Fail("ttl is missing");
            else if (!Duration.TryParse(ttl, out life) || life < TimeSpan.FromSeconds(1) || life > settings.MaxLife)
                members.Fail($"ttl: '{PeerText.Clean(ttl)}' is not 1s to {Duration.Format(settings.MaxLife)} (cache.max_life)");
            fault = members.Fault ?? "";
            return fault.Length == 0;
        }
    }

    private async Task ForgetAsync(HttpContext context)
    {
        if (await guard.AdmitAsync(context).ConfigureAwait(false) is not { } caller
            || await ReadNetworkAsync(context).ConfigureAwait(false) is not { } network)
            return;
        if (IsSet(context, DryRun))
        {
            await CountAsync(context, network).ConfigureAwait(false);
            return;
        }

        if (!await ConfirmAsync(context, [network]).ConfigureAwait(false))
            return;
        var entry = new AuditEntry(caller.Author, caller.Via, "forget", CacheLines.Text(network), null, "", 0, false);
        var change = await ChangeAsync(entry, () => whitelist.ForgetAsync(network, CancellationToken.None)).ConfigureAwait(false);
        await WriteAsync(context, "forgotten", change).ConfigureAwait(false);
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

        // Nothing lives longer than it could have when made here.
        var latest = now + settings.MaxLife;
        var lines = import.Lines
            .Select(l => l with { Expires = l.Expires < latest ? l.Expires : latest, Times = l.Times.CappedAt(latest.ToUnixTimeSeconds()) })
            .ToImmutableArray();
        var networks = lines.Where(l => l.Kind != WhitelistLineKind.Pass).Select(l => l.Network);
        if (IsSet(context, DryRun))
        {
            var imported = await whitelist.CountImportAsync(lines, context.RequestAborted).ConfigureAwait(false);
            await WriteCountAsync(context, networks, ("imported", imported)).ConfigureAwait(false);
            return;
        }

        if (!await ConfirmAsync(context, networks).ConfigureAwait(false))
            return;
        var entry = new AuditEntry(caller.Author, caller.Via, "import", "", null, "", 0, false);
        var change = await ChangeAsync(entry, () => whitelist.ImportAsync(lines, CancellationToken.None)).ConfigureAwait(false);
        await WriteAsync(context, "imported", change).ConfigureAwait(false);
    }

    // Says no to a change that reaches further than its author may know, unless it is confirmed.
    private async Task<bool> ConfirmAsync(HttpContext context, IEnumerable<Network> networks)
    {
        if (IsSet(context, ReachGuard.Confirmation) || reach.DoubtsOf(networks) is not { Count: > 0 } doubts)
            return true;
        var detail = $"nothing was changed: {doubts[0]}; confirm with --yes, or yes=true over HTTP";
        await Answers.ProblemAsync(context, StatusCodes.Status409Conflict, "Confirmation needed", detail, doubts).ConfigureAwait(false);
        return false;
    }

    private async Task CountAsync(HttpContext context, Network network)
    {
        var count = await whitelist.CountAsync(network, context.RequestAborted).ConfigureAwait(false);
        await WriteCountAsync(context, [network], ("grants", count.Grants), ("bans", count.Bans), ("entries", count.Entries)).ConfigureAwait(false);
    }

    private Task WriteCountAsync(HttpContext context, IEnumerable<Network> networks, params (string Name, int Count)[] counts) =>
        Answers.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean(DryRun, true);
            foreach (var (name, count) in counts)
                json.WriteNumber(name, count);
            json.WriteStartArray("needs_yes");
            foreach (var doubt in reach.DoubtsOf(networks))
                json.WriteStringValue(doubt);
            json.WriteEndArray();
            json.WriteEndObject();
        });

    private static bool IsSet(HttpContext context, string name) => context.Request.Query[name] is ["" or "1" or "true" or "yes"];

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
        catch (FleetUnavailableException fault)
        {
            await audit.WriteAsync(entry with { Fault = fault.Message }).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<Network?> ReadNetworkAsync(HttpContext context)
    {
        if (Network.TryParse(Routes.Address(context), out var network, out var error))
            return network;
        await Answers.BadRequestAsync(context, PeerText.Clean(error, 200)).ConfigureAwait(false);
        return null;
    }

    private static void LimitBody(HttpContext context, long bytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = bytes;
    }

    private static Task WriteAsync(HttpContext context, string countName, WhitelistChange change) =>
        Answers.WriteJsonAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber(countName, change.Count);
            json.WriteBoolean("durable", change.Durable);
            json.WriteEndObject();
        });
}
