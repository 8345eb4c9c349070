using System.Text.RegularExpressions;
using Screening.Node.Tests.Endpoints;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Telemetry;

public sealed partial class DocumentedMetricsTests
{
    [Fact]
    [Trait("Finding", "house-8")]
    public async Task The_manual_names_each_metric_and_no_other()
    {
        await using var node = await RunningNode.StartAsync();
        using var http = node.Http();
        var metrics = Type().Matches(await http.GetStringAsync("metrics")).Select(type => type.Groups["name"].Value).ToHashSet();
        var table = Row().Matches(await File.ReadAllTextAsync(Repository.File("docs/operations.md")));
        var documented = table.SelectMany(row => Name().Matches(row.Value)).Select(name => name.Value).ToHashSet();

        Assert.NotEmpty(metrics);
        Assert.Equal(metrics.Order(), documented.Order());
    }

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) ", RegexOptions.Multiline)]
    private static partial Regex Type();

    [GeneratedRegex("^\\| `(screening|process|dotnet)_[^|]*\\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("(screening|process|dotnet)_[a-z_]+")]
    private static partial Regex Name();
}
