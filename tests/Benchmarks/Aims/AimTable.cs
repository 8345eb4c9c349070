using System.Globalization;
using Screening.Benchmarks.Macro;

namespace Screening.Benchmarks.Aims;

/// <summary>What is to be reached.</summary>
/// <param name="What">What is measured.</param>
/// <param name="Bound">The figure that counts as reached.</param>
/// <param name="Unit">What stands behind figures; empty for a ratio.</param>
/// <param name="AtMost">True if less is better.</param>
internal sealed record Aim(string What, double Bound, string Unit = "", bool AtMost = false)
{
    public override string ToString() => $"{(AtMost ? "at most" : "at least")} {Show(Bound)}{Unit}";

    public string Show(double value) => value.ToString(Math.Abs(value) >= 100 ? "N0" : "0.##", CultureInfo.InvariantCulture);

    /// <summary>Whether it was reached, else by how much it was missed.</summary>
    public string Judge(double value)
    {
        if (AtMost ? value <= Bound : value >= Bound)
            return "met";
        return $"missed: {(AtMost ? value / Bound : Bound / value).ToString("0.##", CultureInfo.InvariantCulture)} times "
            + (AtMost ? "as much" : "as much is needed");
    }
}

/// <summary>Aims beside what was measured: medians, and the least and the greatest of all rounds.</summary>
internal sealed class AimTable
{
    private readonly Table _table = new("What is to be reached", "what", "aim", "median (least to greatest)", "");

    public void Add(Aim aim, params IEnumerable<double> values)
    {
        var all = values.Where(double.IsFinite).ToList();
        if (all.Count == 0)
            AddMissing(aim, "nothing was measured");
        else
            _table.Add(aim.What, $"{aim}", $"{aim.Show(all.Median())}{aim.Unit} {Range(aim, all)}", aim.Judge(all.Median()));
    }

    public void AddMissing(Aim aim, string reason) => _table.Add(aim.What, $"{aim}", "not measured", reason);

    public void Print() => _table.Print();

    private static string Range(Aim aim, List<double> values) =>
        values.Count == 1 ? "(one round)" : $"({aim.Show(values.Min())} to {aim.Show(values.Max())})";
}
