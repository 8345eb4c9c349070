namespace Screening.Actors.Whitelist;

/// <summary>Asks a member for what it holds, for the status page. Answered with <see cref="NodeHoldings"/>.</summary>
internal sealed record AskHoldings(long Id);

/// <summary>What one node holds.</summary>
internal sealed record NodeHoldings(long Id, string Node, int Shards, int Buckets, int Recovering, long Entries);
