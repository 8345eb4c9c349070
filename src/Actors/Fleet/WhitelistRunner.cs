using System.Collections.Immutable;
using Akka.Actor;
using Microsoft.Extensions.Logging;
using Screening.Actors.Checks;
using Screening.Actors.Cluster;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Fleet;

/// <summary>
/// This node's part in the whitelist: what the rest of the process asks of it, whether the node is alone (<see cref="LocalRunner"/>) or one
/// of a fleet (<see cref="ClusterRunner"/>).
/// </summary>
public abstract class WhitelistRunner
{
    // Buckets do not fill evenly: a bucket may hold four standard deviations more than its share.
    private const int Deviations = 4;

    // The start does not wait longer for a store that does not answer.
    private protected static readonly TimeSpan StoreTimeout = TimeSpan.FromSeconds(1);

    // A node joins and hears of all grants and bans within two seconds. Where there is no fleet to hear of, it opens its doors without.
    private static readonly TimeSpan GrantsTimeout = TimeSpan.FromSeconds(10);

    internal WhitelistRunner(ClusterSettings settings, RunnerContext node, ILogger log)
    {
        Settings = settings;
        Node = node;
        Log = log;
        Meter = new WhitelistMeter(node.Time);
        Whitelist = new WhitelistAdmin(node.Client, node.Grants, node.NearCache, Meter, node.Time);
        Times = new SharedTimes(node.Client, node.NearCache, settings.Node, settings.MaxLife, node.Time);
        StoreKeeper = new StoreKeeper(settings.Store, Meter, node.Time, log);
    }

    /// <summary>The whitelist as operators see it.</summary>
    public IWhitelistAdmin Whitelist { get; }

    /// <summary>postscreen's own times.</summary>
    public SharedTimes Times { get; }

    /// <summary>What this node holds, and its store.</summary>
    public WhitelistMeter Meter { get; }

    /// <summary>This node's copy of grants and bans.</summary>
    public GrantsAndBans Grants => Node.Grants;

    /// <summary>Name of the store.</summary>
    public string StoreProvider => Settings.Store.Provider;

    /// <summary>What this node sees of its cluster now; a node that is alone is a cluster of one.</summary>
    public abstract MembershipView Cluster { get; }

    /// <summary>Members of role cache, and how many there should be.</summary>
    public abstract CacheMembers Caches { get; }

    /// <summary>When this node's own certificate between nodes ends; null: it has shown none.</summary>
    public virtual DateTimeOffset? CertificateExpiry => null;

    /// <summary>The fleet lost questions repeatedly and is not asked for a while.</summary>
    public bool IsLeftAlone => Node.Client.IsLeftAlone;

    /// <summary>Part of the questions of the last seconds that were answered late or not at all, 0..1.</summary>
    public double LateShare => Node.Client.LateShare;

    private protected ClusterSettings Settings { get; }

    private protected RunnerContext Node { get; }

    private protected TimeProvider Time => Node.Time;

    private protected ILogger Log { get; }

    private protected StoreKeeper StoreKeeper { get; }

    /// <summary>What all members hold together. Members that do not answer at once are left out.</summary>
    public abstract Task<WhitelistTotals> AskTotalsAsync();

    /// <summary>
    /// Waits for what should be known before the first door opens: whether the store answers, at most a second, so that an operator reads
    /// of a fault before <c>ready</c>; and in a fleet all grants and bans, at most ten, where this node has no copy of its own, as at its
    /// first start or on a new volume: it would let in clients that the other nodes refuse. A node that is alone has nobody else to hear
    /// them from, and judging without its store is better than closed doors.
    /// </summary>
    public async Task WaitForStartAsync(CancellationToken cancellation)
    {
        await StoreKeeper.WaitForFirstLookAsync(StoreTimeout, cancellation).ConfigureAwait(false);
        if (!Settings.IsAlone && !Grants.IsKnown)
            await Task.WhenAny(Grants.FirstConfirmation, Task.Delay(GrantsTimeout, Time, cancellation)).ConfigureAwait(false);
    }

    /// <summary>Runs until it is told to stop, then writes what is not on disk yet.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await LiveAsync(stopping).ConfigureAwait(false);
        Node.GrantsFile?.Write(); // The last changes may not be on disk yet.
    }

    /// <summary>Runs the whitelist until it is told to stop, and ends it in good order.</summary>
    private protected abstract Task LiveAsync(CancellationToken stopping);

    /// <param name="lists">Asks lists for other nodes; nobody where there are none.</param>
    /// <param name="stored">What was read of the store before entities start; null: each reads by itself.</param>
    private protected EntityContext ContextFor(IActorRef news, IActorRef lists, StoredWhitelist? stored = null) => new(
        Time, Meter, news, lists, Settings.MaxLife, BucketCapacity(Settings.MaxEntries),
        Settings.Store.Connection is null ? null : StoreKeeper.Signal, stored);

    private static int BucketCapacity(int maxEntries)
    {
        var share = (double)maxEntries / WhitelistLayout.Buckets;
        return (int)Math.Ceiling(share + (Deviations * Math.Sqrt(share)));
    }
}

/// <summary>What of this node the whitelist works with, and what outlives a cluster system.</summary>
/// <param name="Client">The way of questions into the whitelist.</param>
/// <param name="Checks">The lists that are asked for other nodes.</param>
/// <param name="CheckSupervisor">Takes <see cref="ForgetAnswers"/>.</param>
/// <param name="GrantsFile">The copy of grants and bans on disk; null: none is kept.</param>
internal sealed record RunnerContext(
    TimeProvider Time, FleetClient Client, CheckDirectory Checks, IActorRef CheckSupervisor, NearCache NearCache, GrantsAndBans Grants,
    GrantsFile? GrantsFile);

/// <summary>What the members hold together.</summary>
/// <param name="Shards">Shards that have a home.</param>
/// <param name="Recovering">Buckets that still wait for what is stored.</param>
/// <param name="Entries">Entries of the whitelist.</param>
public sealed record WhitelistTotals(int Shards, int Recovering, long Entries);
