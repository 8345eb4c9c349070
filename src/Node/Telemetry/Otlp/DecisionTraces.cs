using System.Diagnostics;
using Screening.Actors.Screening;
using Screening.Node.Api;

namespace Screening.Node.Telemetry.Otlp;

/// <summary>
/// Makes spans of decisions, after the answer has left: door, screening, and below it the fleet and each check. They are made where the
/// decision log is written, of what the decision knows, so tracing costs an answer nothing. Answers from memory have none.
/// </summary>
/// <remarks>
/// Names and attributes follow OpenTelemetry's conventions where there are any (client.address, error.type); the others begin with
/// <c>screening.</c>. For one thread.
/// </remarks>
internal sealed class DecisionTraces : IDisposable
{
    /// <summary>The name of the source of spans, and of the meter.</summary>
    public const string SourceName = "Screening";

    private readonly ActivitySource _source = new(SourceName, NodeStatus.Version);

    /// <summary>Begins the door's span; log lines that are written until <see cref="End"/> belong to it.</summary>
    /// <param name="shown">The decision as the log may show it.</param>
    /// <param name="line">The same, as a line of the decision log.</param>
    /// <returns>Null: nobody wants it.</returns>
    public Activity? Begin(in Decision shown, VerdictDocument line)
    {
        if (shown.IsFromMemory || !_source.HasListeners())
            return null;
        DateTimeOffset end = DateTime.SpecifyKind(line.Time, DateTimeKind.Utc);
        var start = end - shown.Elapsed;
        var door = _source.StartActivity(line.Door, ActivityKind.Server, default(ActivityContext), startTime: start);
        if (door is not { IsAllDataRequested: true })
            return door;
        door.SetTag("client.address", line.Client);
        door.SetTag("server.address", line.Local);
        door.SetTag("screening.profile", line.Profile);
        door.SetTag("screening.action", line.Action);
        door.SetTag("screening.source", line.Source);
        AddScreening(shown, line, start, end);
        return door;
    }

    /// <summary>Ends the door's span.</summary>
    public static void End(Activity? door, VerdictDocument line) => EndAt(door, DateTime.SpecifyKind(line.Time, DateTimeKind.Utc));

    public void Dispose() => _source.Dispose();

    private void AddScreening(in Decision shown, VerdictDocument line, DateTimeOffset start, DateTimeOffset end)
    {
        var screening = _source.StartActivity("screening", ActivityKind.Internal, default(ActivityContext), startTime: start);
        screening?.SetTag("screening.score", line.Score);
        screening?.SetTag("screening.complete", line.Complete);
        screening?.SetTag("screening.early", line.Early);
        screening?.SetTag("screening.reason", line.Reason);
        if (shown.Fleet is { } fleet)
            AddFleet(fleet, start);
        foreach (var check in line.Checks.Where(check => check.Result != "skipped"))
            AddCheck(check, start);
        EndAt(screening, end.UtcDateTime);
    }

    private void AddFleet(FleetReport fleet, DateTimeOffset start)
    {
        var asked = start + fleet.Start;
        var span = _source.StartActivity("fleet", ActivityKind.Client, default(ActivityContext), startTime: asked);
        span?.SetTag("screening.fleet.result", fleet.IsHit switch { true => "hit", false => "miss", null => "silent" });
        if (fleet.IsHit is null)
            span?.SetStatus(ActivityStatusCode.Error, "no answer");
        EndAt(span, (asked + fleet.Elapsed).UtcDateTime);
    }

    private void AddCheck(CheckDocument check, DateTimeOffset start)
    {
        var asked = start.AddMilliseconds(check.StartMs);
        var span = _source.StartActivity($"check {check.Name}", ActivityKind.Client, default(ActivityContext), startTime: asked);
        span?.SetTag("screening.check.name", check.Name);
        span?.SetTag("screening.check.kind", check.Kind);
        span?.SetTag("screening.check.result", check.Result);
        span?.SetTag("screening.check.weight", check.Weight);
        if (check.Result is "failed" or "timeout")
        {
            span?.SetTag("error.type", check.Result);
            span?.SetStatus(ActivityStatusCode.Error, check.Error);
        }

        EndAt(span, asked.AddMilliseconds(check.ElapsedMs).UtcDateTime);
    }

    private static void EndAt(Activity? span, DateTime end)
    {
        span?.SetEndTime(end);
        span?.Dispose();
    }
}
