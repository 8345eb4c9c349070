using Screening.Node.Api;
using Screening.Node.Supervision;
using Screening.Node.Telemetry;

namespace Screening.Node.Endpoints.Http;

/// <summary>
/// Begins and ends a drain. It is a change like those of the whitelist, for those whom <see cref="ChangeGuard"/> admits, but of this node
/// alone and until its end: it is logged and not kept.
/// </summary>
internal sealed class DrainApi(Drain drain, ChangeGuard guard, NodeStatus status, ILogger<DrainApi> log)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/drain", BeginAsync);
        routes.MapDelete("/api/v1/drain", EndAsync);
    }

    private async Task BeginAsync(HttpContext context)
    {
        if (await guard.AdmitAsync(context).ConfigureAwait(false) is not { } caller)
            return;
        if (drain.Begin())
            log.DrainBegun(caller.Author, caller.Via.Word());
        await AnswerAsync(context).ConfigureAwait(false);
    }

    private async Task EndAsync(HttpContext context)
    {
        if (await guard.AdmitAsync(context).ConfigureAwait(false) is not { } caller)
            return;
        if (drain.End())
            log.DrainEnded(caller.Author, caller.Via.Word());
        await AnswerAsync(context).ConfigureAwait(false);
    }

    private Task AnswerAsync(HttpContext context)
    {
        var since = drain.Since;
        return Answers.WriteJsonAsync(context, new DrainState(status.Node, since is not null, since), ApiJson.Default.DrainState);
    }
}
