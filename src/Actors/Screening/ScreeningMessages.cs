using Akka.Actor;

namespace Screening.Actors.Screening;

/// <summary>Asks the gate for a verdict. The reply is always completed, by the query's deadline.</summary>
internal sealed record ScreenClient(ScreeningQuery Query, TaskCompletionSource<Decision> Reply);

/// <summary>A screening has its verdict and will take no part in further ones; the gate forgets it and then releases it.</summary>
internal sealed record ScreeningEnded(ScreeningKey Key, IActorRef Screening);

/// <summary>The gate hands no further queries to this screening, which may stop as soon as it has nothing left to tell.</summary>
internal sealed class ScreeningReleased
{
    public static readonly ScreeningReleased Instance = new();

    private ScreeningReleased()
    {
    }
}
