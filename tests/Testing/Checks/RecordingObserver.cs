using System.Collections.Concurrent;
using Screening.Actors.Checks;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Testing.Checks;

/// <summary>Remembers all that it hears.</summary>
public sealed class RecordingObserver : IScreeningObserver
{
    public ConcurrentQueue<Decision> Decisions { get; } = new();

    public ConcurrentQueue<(string Check, CheckResult Result)> Checks { get; } = new();

    public ConcurrentQueue<string> DnsblQueries { get; } = new();

    public ConcurrentQueue<Door> Sheds { get; } = new();

    public void Decided(in Decision decision) => Decisions.Enqueue(decision);

    public void Shed(Door door) => Sheds.Enqueue(door);

    public void CheckEnded(string check, CheckResult result, TimeSpan elapsed) => Checks.Enqueue((check, result));

    public void DnsblQueried(string list) => DnsblQueries.Enqueue(list);
}
