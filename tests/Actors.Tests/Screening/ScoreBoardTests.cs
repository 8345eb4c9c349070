using CsCheck;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Screening;

public class ScoreBoardTests
{
    private static readonly VerdictRules Rules = new();

    [Fact]
    public void A_verdict_stands_as_soon_as_nothing_pending_can_change_the_action()
    {
        var board = new ScoreBoard(Rules, [new(0, 3), new(0, 9), new(-3, 0)]);
        Assert.False(board.IsDecided(allowMatters: false));
        board.Add(1, new Contribution(9, 0));
        Assert.False(board.IsDecided(allowMatters: false)); // 9 - 3 = 6 would be enforce.
        board.Add(2, default);
        Assert.True(board.IsDecided(allowMatters: false)); // 9 or 12: drop.
        Assert.Equal(1, board.PendingCount);
    }

    [Fact]
    public void A_list_that_can_only_speak_for_a_client_is_waited_for_only_by_doors_that_can_tell()
    {
        var board = new ScoreBoard(Rules, [new(0, 3), new(-4, 0)]);
        board.Add(0, default);
        Assert.True(board.IsDecided(allowMatters: false));
        Assert.False(board.IsDecided(allowMatters: true));
    }

    [Fact]
    public void What_failed_keeps_nobody_waiting_but_makes_a_pass_incomplete_if_it_mattered()
    {
        var board = new ScoreBoard(Rules, [new(0, 3), new(0, 1)]);
        board.Add(1, default);
        board.Miss(0);
        Assert.True(board.IsDecided(allowMatters: true));
        Assert.False(board.IsComplete());
    }

    [Fact]
    public void What_failed_and_could_not_have_mattered_leaves_a_verdict_complete()
    {
        var board = new ScoreBoard(Rules, [new(0, 9), new(0, 1)]);
        board.Add(0, new Contribution(9, 0));
        board.Miss(1);
        Assert.True(board.IsComplete());
    }

    [Fact]
    public void Negative_weights_count_no_further_than_the_cap()
    {
        var board = new ScoreBoard(Rules with { AllowCap = -6 }, [new(-5, 0), new(-5, 0), new(0, 8)]);
        board.Add(0, new Contribution(0, -5));
        board.Add(1, new Contribution(0, -5));
        Assert.Equal(-6, board.Score);
        board.Add(2, new Contribution(8, 0));
        Assert.Equal(2, board.Score);
    }

    [Fact]
    public void A_slot_is_settled_once()
    {
        var board = new ScoreBoard(Rules, [new(0, 3)]);
        Assert.True(board.Add(0, new Contribution(3, 0)));
        Assert.False(board.Add(0, new Contribution(3, 0)));
        Assert.False(board.Miss(0));
        Assert.Equal(3, board.Score);
    }

    // The slow obvious way: try what every pending check may say at its extremes.
    [Fact]
    public void Early_decisions_agree_with_trying_every_outcome()
    {
        var slot = Gen.Select(Gen.Int[-6, 0], Gen.Int[0, 9], Gen.Int[0, 2], Gen.Bool);
        slot.List[1, 6].Sample(slots =>
        {
            var ranges = slots.Select(s => new WeightRange(s.Item1, s.Item2)).ToArray();
            var board = new ScoreBoard(Rules, ranges);
            for (var i = 0; i < slots.Count; i++)
            {
                if (slots[i].Item3 == 0)
                    board.Add(i, slots[i].Item4 ? new Contribution(ranges[i].Most, 0) : new Contribution(0, ranges[i].Least));
            }

            var actions = Outcomes(slots, ranges).Distinct().ToList();
            return board.IsDecided(allowMatters: true) == (actions.Count == 1);
        });
    }

    private static IEnumerable<(VerdictAction, bool)> Outcomes(List<(int, int, int, bool)> slots, WeightRange[] ranges)
    {
        var pending = Enumerable.Range(0, slots.Count).Where(i => slots[i].Item3 != 0).ToList();
        for (var choice = 0; choice < 1 << pending.Count; choice++)
        {
            int against = 0, speaksFor = 0;
            for (var i = 0; i < slots.Count; i++)
            {
                var at = pending.IndexOf(i);
                var most = at < 0 ? slots[i].Item4 : (choice & (1 << at)) != 0;
                against += most ? ranges[i].Most : 0;
                speaksFor += most ? 0 : ranges[i].Least;
            }

            yield return Rules.Outcome(against + Math.Max(speaksFor, Rules.AllowCap));
        }
    }
}
