using Screening.Actors.Cluster.Forming;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

/// <summary>What is decided from rounds, for node 1 of a fleet if nothing else is said. Node 0 has a lower address.</summary>
public sealed class FoundingTests
{
    private const string Founds = "found";
    private const string Locks = "lock";

    /// <summary>
    /// Expected, seeds, places; what was answered; what comes of it after three such rounds without a database, and with one.
    /// </summary>
    public static readonly TheoryData<int, int, int, string, string, string> Rounds = new()
    {
        // Majorities.
        { 3, 3, 3, "2 looking, 3 looking", Founds, Locks },
        { 3, 3, 3, "2 looking, 3 silent", Founds, Locks },
        { 3, 3, 3, "2 silent, 3 silent", "1 of 3 nodes answer, and none is in a cluster", Locks },
        { 4, 4, 4, "2 looking", "2 of 4 nodes answer, and none is in a cluster", Locks },
        { 2, 2, 2, "2 silent", "1 of 2 nodes answer, and none is in a cluster", Locks },
        { 3, 3, 3, "2 edge, 3 edge", "1 of 3 nodes answer, and none is in a cluster", Locks },

        // How many there should be: as told, else the seeds, else what they stand for.
        { 3, 3, 6, "2 looking", Founds, Locks },
        { 0, 3, 3, "2 looking", Founds, Locks },
        { 0, 1, 3, "2 looking", Founds, Locks },
        { 0, 1, 3, "", "1 of 3 nodes answer, and none is in a cluster", Locks },
        { 0, 1, 2, "", "1 of 2 nodes answer, and none is in a cluster", Locks },
        { 0, 1, 1, "", Founds, Locks },
        { 5, 1, 3, "2 looking", "2 of 5 nodes answer, and none is in a cluster", Locks },

        // The lowest address founds; with a database whoever gets the lock.
        { 3, 3, 3, "0 looking, 2 looking", "10.0.0.0:4053 has the lowest address and will found the cluster", Locks },
        { 3, 3, 3, "0 edge, 2 looking", Founds, Locks },

        // A cluster is joined before anything else: the larger one, then the first by name.
        { 3, 3, 3, "2 a:1, 3 looking", "join a 2", "join a 2" },
        { 3, 3, 3, "2 a:1, 3 b:2, 4 b:2", "join b 3,4", "join b 3,4" },
        { 3, 3, 3, "2 b:2, 3 a:2", "join a 3", "join a 3" },
        { 3, 3, 3, "2 a:1, 3 refusing", "join a 2", "join a 2" },
        { 3, 3, 3, "2 leaving, 3 joining, 4 a:1", "join a 4", "join a 4" },

        // Nobody founds beside one that is on its way; one that leaves counts for nothing.
        { 3, 3, 3, "2 looking, 3 joining", "mx3 (10.0.0.3:4053) is about to join or found a cluster",
            "mx3 (10.0.0.3:4053) is about to join or found a cluster" },
        { 3, 3, 3, "2 leaving, 3 leaving", "1 of 3 nodes answer, and none is in a cluster", Locks },
        { 3, 3, 3, "2 leaving, 3 looking", Founds, Locks },

        // One that refuses is outvoted only.
        { 3, 3, 3, "2 refusing", "refused", "refused" },
        { 3, 3, 3, "2 refusing, 3 looking", Founds, Locks },
        { 3, 3, 3, "2 refusing, 3 edge", "refused", "refused" },
    };

    [Theory]
    [MemberData(nameof(Rounds))]
    public void A_round_is_decided(int expected, int seeds, int places, string answers, string withoutDatabase, string withDatabase)
    {
        var round = Nodes.Round(answers) with { Places = places };
        Assert.Equal(withoutDatabase, Decide(new FoundingRules(Nodes.At(1), true, false, expected, seeds)));
        Assert.Equal(withDatabase, Decide(new FoundingRules(Nodes.At(1), true, true, expected, seeds)));

        string Decide(FoundingRules rules)
        {
            var founding = new Founding(rules);
            return Show([.. Enumerable.Range(0, 3).Select(_ => founding.Decide(round))]);
        }
    }

    [Theory]
    [InlineData("2 looking, 3 looking", "no node of role cache that is in a cluster answers")]
    [InlineData("2 a:1", "join a 2")]
    [InlineData("2 refusing, 3 looking", "refused")]
    public void An_edge_founds_nothing_and_asks_for_no_lock(string answers, string decision)
    {
        foreach (var hasLock in new[] { false, true })
        {
            var founding = new Founding(new FoundingRules(Nodes.At(1), false, hasLock, 1, 3));
            Assert.Equal(
                decision, Show([.. Enumerable.Range(0, 5).Select(_ => founding.Decide(Nodes.Round(answers) with { Places = 3 }))]));
        }
    }

    [Fact]
    public void A_founder_waits_until_the_same_nodes_have_answered_three_times()
    {
        var founding = new Founding(new FoundingRules(Nodes.At(1), true, false, 3, 3));
        string[] rounds = ["2 looking", "2 looking", "2 looking, 3 looking", "2 looking, 3 looking", "3 looking, 2 looking", "3 looking"];
        Assert.Equal(
            ["wait", "wait", "wait", "wait", "found", "wait"],
            rounds.Select(answers => founding.Decide(Nodes.Round(answers) with { Places = 3 }) is Decision.Found ? "found" : "wait"));
    }

    [Fact]
    public void A_node_with_nobody_to_ask_need_not_wait_for_the_same_nodes()
    {
        Assert.IsType<Decision.Found>(
            new Founding(new FoundingRules(Nodes.At(1), true, false, 1, 1)).Decide(Nodes.Round("") with { Places = 1 }));
        Assert.IsType<Decision.Wait>(
            new Founding(new FoundingRules(Nodes.At(1), true, false, 1, 1)).Decide(Nodes.Round("2 silent") with { Places = 2 }));
    }

    [Fact]
    [Trait("Finding", "B4")]
    public void A_lock_that_is_held_is_waited_for_whoever_answers()
    {
        var founding = new Founding(new FoundingRules(Nodes.At(1), true, true, 3, 3));
        for (var round = 0; round < 10; round++)
        {
            Assert.IsType<Decision.AcquireLock>(founding.Decide(Nodes.Round("2 looking, 3 looking") with { Places = 3 }));
            var wait = Assert.IsType<Decision.Wait>(founding.Decide(new LockAnswer(LockState.Held)));
            Assert.Equal("the database says that there is a cluster, but no member of it answers", wait.Reason);
        }

        Assert.IsType<Decision.AcquireLock>(founding.Decide(Nodes.Round("2 looking, 3 looking") with { Places = 3 }));
        Assert.IsType<Decision.Found>(founding.Decide(new LockAnswer(LockState.Taken)));
    }

    [Fact]
    [Trait("Finding", "B4")]
    public void A_database_that_cannot_be_asked_is_waited_for_and_members_get_their_lock_back_first()
    {
        var founding = new Founding(new FoundingRules(Nodes.At(1), true, true, 3, 3) { QuietRounds = 3 });
        Assert.IsType<Decision.AcquireLock>(founding.Decide(Nodes.Round("2 looking") with { Places = 3 }));
        var wait = Assert.IsType<Decision.Wait>(founding.Decide(new LockAnswer(LockState.Unknown, "it is down")));
        Assert.Equal("the database cannot be asked whether there is a cluster: it is down", wait.Reason);

        // It comes back, goes away again, and comes back to stay.
        LockState[] answers = [LockState.NotAsked, LockState.NotAsked, LockState.Unknown, LockState.NotAsked, LockState.NotAsked,
            LockState.NotAsked];
        foreach (var answer in answers)
        {
            Assert.IsType<Decision.TestDatabase>(founding.Decide(Nodes.Round("2 looking") with { Places = 3 }));
            Assert.IsType<Decision.Wait>(founding.Decide(new LockAnswer(answer)));
        }

        Assert.IsType<Decision.AcquireLock>(founding.Decide(Nodes.Round("2 looking") with { Places = 3 }));
        Assert.IsType<Decision.Wait>(founding.Decide(new LockAnswer(LockState.NotAsked)));
        Assert.IsType<Decision.AcquireLock>(founding.Decide(Nodes.Round("2 looking") with { Places = 3 }));
    }

    [Fact]
    [Trait("Finding", "B1")]
    public void A_node_that_accepts_connections_and_answers_nothing_is_named()
    {
        var founding = new Founding(new FoundingRules(Nodes.At(1), true, true, 3, 3));
        var wait = Assert.IsType<Decision.Wait>(
            new Founding(new FoundingRules(Nodes.At(1), true, false, 3, 3)).Decide(Nodes.Round("2 silent, 3 silent") with { Places = 3 }));
        Assert.Equal(
            "1 of 3 nodes answer, and none is in a cluster;"
            + " 10.0.0.2:4053, 10.0.0.3:4053 can be reached but does not answer by this address",
            wait.Reason);
        founding.Decide(Nodes.Round("2 silent") with { Places = 3 });
        wait = Assert.IsType<Decision.Wait>(founding.Decide(new LockAnswer(LockState.Held)));
        Assert.EndsWith("; 10.0.0.2:4053 can be reached but does not answer by this address", wait.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void At_most_eight_members_are_joined_by()
    {
        var answers = string.Join(", ", Enumerable.Range(2, 12).Select(node => $"{node} a:12"));
        var join = Assert.IsType<Decision.Join>(
            new Founding(new FoundingRules(Nodes.At(1), true, false, 3, 3)).Decide(Nodes.Round(answers) with { Places = 12 }));
        Assert.Equal(8, join.Members.Length);
        Assert.Equal("mx10", join.By.Node);
    }

    // The last decision; the others must be none that acts.
    private static string Show(Decision[] decisions)
    {
        Assert.DoesNotContain(decisions[..^1], decision => decision is Decision.Found && decisions[^1] is not Decision.Found);
        return decisions[^1] switch
        {
            Decision.Found => Founds,
            Decision.AcquireLock => Locks,
            Decision.Join join => $"join {join.ClusterId} {string.Join(',', join.Members.Select(member => member.Host!.Split('.')[^1]))}",
            Decision.Refused refused => refused.Reason.StartsWith(
                "mx2 (10.0.0.2:4053) does not let this node in: no", StringComparison.Ordinal)
                ? "refused"
                : refused.Reason,
            Decision.Wait wait => wait.Reason.Split("; ")[0],
            var other => other.ToString(),
        };
    }
}
