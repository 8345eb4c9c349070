using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>What the queries of a window say about clients' addresses.</summary>
/// <param name="Queries">All queries that were counted.</param>
/// <param name="Shared">Those that name a shared address.</param>
/// <param name="Addresses">How many shared addresses there are.</param>
/// <param name="Most">The one that most queries name; no address if there is none.</param>
public readonly record struct ClientShare(long Queries, long Shared, int Addresses, ClientAddress Most)
{
    /// <summary>True if the shared addresses have this share of the queries, percent.</summary>
    public bool Reaches(int percent) => Queries > 0 && Shared * 100 >= Queries * percent;
}
