using Akka.Actor;

namespace Screening.Actors.Screening;

/// <summary>Asks the gate for a verdict. The reply is always completed, by the query's deadline.</summary>
internal sealed record ScreenClient(ScreeningQuery Query, TaskCompletionSource<Decision> Reply);

/// <summary>A screening has its verdict. The gate hands it no further queries and releases it.</summary>
internal sealed record ScreeningEnded(ScreeningKey Key, IActorRef Screening);

/// <summary>The gate hands no further queries to this screening, which may stop once it has nothing left to do.</summary>
internal sealed class ScreeningReleased
{
    public static readonly ScreeningReleased Instance = new();

    private ScreeningReleased()
    {
    }
}
