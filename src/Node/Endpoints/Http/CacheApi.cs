using System.Collections.Immutable;
using System.Globalization;
using Screening.Actors.Fleet;
using Screening.Node.Api;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Http;

/// <summary>The longest life that a grant or a ban may have.</summary>
internal sealed record CacheApiSettings(TimeSpan MaxLife);

/// <summary>
/// The fleet's whitelist over HTTP. Asking about one address or network is free; lists and changes are for those whom
/// <see cref="ChangeGuard"/> admits. Each change is recorded by <see cref="AuditLog"/> before it is answered.
/// </summary>
internal sealed partial class CacheApi(
    Func<IWhitelistAdmin> whitelist, ChangeGuard guard, ReachGuard reach, AuditLog audit, CacheApiSettings settings, TimeProvider time)
{
    private const string Root = "/api/v1/cache";
    private const int DefaultLimit = 100;
    private const int MaxLimit = 10_000;
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
        catch (WhitelistUnavailableException fault)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            await Answers.ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, "Service unavailable", fault.Message)
                .ConfigureAwait(false);
        }
        catch (WhitelistFullException fault)
        {
            await Answers.ProblemAsync(context, StatusCodes.Status507InsufficientStorage, "Insufficient storage", fault.Message)
                .ConfigureAwait(false);
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
        if (!TryReadPage(context.Request.Query, out var wanted, out var fault))
        {
            await Answers.BadRequestAsync(context, fault).ConfigureAwait(false);
            return;
        }

        WhitelistPage page;
        try
        {
            page = await whitelist().ListAsync(wanted.Within, wanted.After, wanted.Limit, context.RequestAborted).ConfigureAwait(false);
        }
        catch (FormatException)
        {
            fault = $"after: '{PeerText.Clean(wanted.After ?? "")}' is not where a page ended";
            await Answers.BadRequestAsync(context, fault).ConfigureAwait(false);
            return;
        }

        if (page.Next is { } next)
            context.Response.Headers.Link = LinkTo(wanted with { After = next });
        await Answers.WriteJsonAsync(context, [.. page.Lines.Select(CacheLine.Of)], ApiJson.Default.CacheLineArray).ConfigureAwait(false);
    }

    private static bool TryReadPage(IQueryCollection query, out PageRequest page, out string fault)
    {
        (page, fault) = (new PageRequest(null, null, DefaultLimit), "");
        if (query["prefix"] is [{ Length: > 0 } prefix])
        {
            if (Network.TryParse(prefix, out var network, out var error))
                page = page with { Within = network };
            else
                fault = $"prefix: {PeerText.Clean(error, 200)}";
        }

        if (query["limit"] is [{ Length: > 0 } given] && fault.Length == 0)
        {
            if (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit)
                page = page with { Limit = limit };
            else
                fault = $"limit: '{PeerText.Clean(given)}' is not 1 to {MaxLimit}";
        }

        if (query["after"] is [{ Length: > 0 } after])
            page = page with { After = after };
        return fault.Length == 0;
    }

    // RFC 8288
    private static string LinkTo(PageRequest page)
    {
        var prefix = page.Within is { } network ? $"prefix={Uri.EscapeDataString(CacheLine.TextOf(network))}&" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"<{Root}?{prefix}after={Uri.EscapeDataString(page.After!)}&limit={page.Limit}>; rel=\"next\"");
    }

    private async Task ShowAsync(HttpContext context)
    {
        if (await ReadNetworkAsync(context).ConfigureAwait(false) is not { } network)
            return;
        var lines = network.IsSingle
            ? await whitelist().ShowAsync(network.Address, context.RequestAborted).ConfigureAwait(false)
            : await GrantsOfAsync(network, context.RequestAborted).ConfigureAwait(false);
        if (lines.IsEmpty)
        {
            var what = network.IsSingle ? "nothing is known of" : "there is neither a grant nor a ban of";
            await Answers.ProblemAsync(context, StatusCodes.Status404NotFound, "Not found", $"{what} {CacheLine.TextOf(network)}")
                .ConfigureAwait(false);
            return;
        }

        var shown = CacheLine.Of(lines[0]) with { Also = [.. lines.Skip(1).Select(CacheLine.Of)] };
        await Answers.WriteJsonAsync(context, shown, ApiJson.Default.CacheLine).ConfigureAwait(false);
    }

    // The grant and the ban of exactly this network, the ban first, for it decides. Lists begin with grants and bans.
    private async Task<ImmutableArray<WhitelistLine>> GrantsOfAsync(Network network, CancellationToken cancellation)
    {
        var found = new List<WhitelistLine>();
        for (string? after = null; ;)
        {
            var page = await whitelist().ListAsync(network, after, MaxLimit, cancellation).ConfigureAwait(false);
            found.AddRange(page.Lines.Where(l => l.Kind != WhitelistLineKind.Pass && l.Network == network));
            after = page.Next;
            if (after is null || page.Lines.Any(l => l.Kind == WhitelistLineKind.Pass))
                return [.. found.OrderByDescending(l => l.Kind)];
        }
    }

    private static async Task<Network?> ReadNetworkAsync(HttpContext context)
    {
        if (Network.TryParse(Routes.Address(context), out var network, out var error))
            return network;
        await Answers.BadRequestAsync(context, PeerText.Clean(error, 200)).ConfigureAwait(false);
        return null;
    }

    // Which page of the list is asked for; after: where the page before it ended.
    private sealed record PageRequest(Network? Within, string? After, int Limit);
}
