using CsCheck;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Screening;

public class ScoreBoardTests
{
    private static readonly VerdictSettings Settings = new();

    [Fact]
    public void A_verdict_stands_as_soon_as_nothing_pending_can_change_the_action()
    {
        var board = new ScoreBoard(Settings, [new(0, 3), new(0, 9), new(-3, 0)]);
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
        var board = new ScoreBoard(Settings, [new(0, 3), new(-4, 0)]);
        board.Add(0, default);
        Assert.True(board.IsDecided(allowMatters: false));
        Assert.False(board.IsDecided(allowMatters: true));
    }

    [Fact]
    public void What_failed_keeps_nobody_waiting_but_makes_a_pass_incomplete_if_it_mattered()
    {
        var board = new ScoreBoard(Settings, [new(0, 3), new(0, 1)]);
        board.Add(1, default);
        board.Miss(0);
        Assert.True(board.IsDecided(allowMatters: true));
        Assert.False(board.IsComplete(allowMatters: false));
    }

    [Fact]
    public void What_failed_and_could_not_have_mattered_leaves_a_verdict_complete()
    {
        var board = new ScoreBoard(Settings, [new(0, 9), new(0, 1)]);
        board.Add(0, new Contribution(9, 0));
        board.Miss(1);
        Assert.True(board.IsComplete(allowMatters: true));
    }

    [Fact]
    public void Negative_weights_count_no_further_than_the_cap()
    {
        var board = new ScoreBoard(Settings with { AllowCap = -6 }, [new(-5, 0), new(-5, 0), new(0, 8)]);
        board.Add(0, new Contribution(0, -5));
        board.Add(1, new Contribution(0, -5));
        Assert.Equal(-6, board.Score);
        board.Add(2, new Contribution(8, 0));
        Assert.Equal(2, board.Score);
    }

    [Fact]
    public void A_slot_is_settled_once()
    {
        var board = new ScoreBoard(Settings, [new(0, 3)]);
        Assert.True(board.Add(0, new Contribution(3, 0)));
        Assert.False(board.Add(0, new Contribution(3, 0)));
        Assert.False(board.Miss(0));
        Assert.Equal(3, board.Score);
    }

    [Fact]
    public void An_answer_that_counts_nothing_is_knowledge_and_a_failure_is_none()
    {
        var board = new ScoreBoard(Settings, [new(0, 3), new(0, 3)]);
        Assert.False(board.IsAnythingKnown);
        Assert.True(board.Miss(0));
        Assert.False(board.IsAnythingKnown);
        Assert.True(board.Add(1, default));
        Assert.True(board.IsAnythingKnown);
    }

    [Fact]
    [Trait("Finding", "A5")]
    public void An_allow_is_certain_only_if_nothing_pending_or_missed_can_change_it()
    {
        var board = new ScoreBoard(Settings, [new(0, 3), new(-3, 0), new(-6, 0)]);
        board.Add(0, default);
        board.Add(1, new Contribution(0, -3));
        Assert.Equal((true, true), (board.IsComplete(allowMatters: false), board.IsComplete(allowMatters: true))); // -3 or -6.
        board = new ScoreBoard(Settings, [new(0, 3), new(-3, 0)]);
        board.Add(0, default);
        board.Miss(1);
        Assert.Equal((true, false), (board.IsComplete(allowMatters: false), board.IsComplete(allowMatters: true)));
    }

    [Theory]
    [InlineData(4, 4, 0)]
    [InlineData(-5, 0, -5)]
    [InlineData(0, 0, 0)]
    public void A_weight_counts_on_the_side_it_belongs_to(int weight, int against, int speaksFor)
    {
        var sum = new Contribution(7, -2).Plus(weight);
        Assert.Equal((7 + against, -2 + speaksFor, 5 + weight), (sum.Against, sum.For, sum.Weight));
    }

    // The slow obvious way: try what every open check may say at its extremes.
    [Fact]
    public void What_is_decided_and_complete_agrees_with_trying_every_outcome()
    {
        var slot = Gen.Select(Gen.Int[-6, 0], Gen.Int[0, 9], Gen.Enum<Slot>(), Gen.Bool);
        slot.List[1, 6].Sample(slots =>
        {
            var ranges = slots.Select(s => new WeightRange(s.Item1, s.Item2)).ToArray();
            var board = new ScoreBoard(Settings, ranges);
            for (var i = 0; i < slots.Count; i++)
            {
                if (slots[i].Item3 == Slot.Answered)
                    board.Add(i, slots[i].Item4 ? new Contribution(ranges[i].Most, 0) : new Contribution(0, ranges[i].Least));
                else if (slots[i].Item3 == Slot.Missed)
                    board.Miss(i);
            }

            // What was missed adds nothing to the verdict, but might have.
            var verdicts = Outcomes(slots, ranges, s => s == Slot.Pending).ToHashSet();
            var truths = Outcomes(slots, ranges, s => s != Slot.Answered).ToHashSet();
            Assert.Equal(verdicts.Count == 1, board.IsDecided(allowMatters: true));
            Assert.Equal(verdicts.DistinctBy(v => v.Action).Count() == 1, board.IsDecided(allowMatters: false));
            Assert.Equal(truths.Count == 1, board.IsComplete(allowMatters: true));
            Assert.Equal(truths.DistinctBy(v => v.Action).Count() == 1, board.IsComplete(allowMatters: false));
        });
    }

    private static IEnumerable<(VerdictAction Action, bool Allow)> Outcomes(
        List<(int, int, Slot, bool)> slots, WeightRange[] ranges, Func<Slot, bool> isOpen)
    {
        var open = Enumerable.Range(0, slots.Count).Where(i => isOpen(slots[i].Item3)).ToList();
        for (var choice = 0; choice < 1 << open.Count; choice++)
        {
            int against = 0, speaksFor = 0;
            for (var i = 0; i < slots.Count; i++)
            {
                var at = open.IndexOf(i);
                if (at < 0 && slots[i].Item3 != Slot.Answered)
                    continue;
                var most = at < 0 ? slots[i].Item4 : (choice & (1 << at)) != 0;
                against += most ? ranges[i].Most : 0;
                speaksFor += most ? 0 : ranges[i].Least;
            }

            yield return Settings.Outcome(against + Math.Max(speaksFor, Settings.AllowCap));
        }
    }

    private enum Slot
    {
        Answered,
        Missed,
        Pending,
    }
}
