namespace Screening.Node.Tests.Configuration;

/// <summary><c>faults.txt</c>: what an operator reads of each faulty or doubtful configuration, word for word.</summary>
public sealed class FaultMessageTests(ConfigurationFixture fixture) : IClassFixture<ConfigurationFixture>
{
    private const string Set = "--set ";

    public static TheoryData<string> Cases => new(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Configuration", "faults.txt"))
            .Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(block => block.Trim('\n'))
            .Where(block => !block.StartsWith("# ", StringComparison.Ordinal)));

    [Theory]
    [Trait("Finding", "use-2")]
    [MemberData(nameof(Cases))]
    public void A_configuration_gives_exactly_these_faults_and_warnings(string text)
    {
        var lines = text.Split('\n').ToLookup(line => line.Split(' ')[0] switch
        {
            "=>" or "~>" => "wanted",
            "--set" => "set",
            _ => "file",
        });
        var result = fixture.Load(string.Join('\n', lines["file"]), [.. lines["set"].Select(line => line[Set.Length..])]);

        var got = result.Faults.Select(fault => $"=> {fault}").Concat(result.Warnings.Select(warning => $"~> {warning}"));
        Assert.Equal(string.Join('\n', lines["wanted"]), string.Join('\n', got));
        Assert.Equal(result.Faults.Count > 0, result.Options is null);
    }
}
