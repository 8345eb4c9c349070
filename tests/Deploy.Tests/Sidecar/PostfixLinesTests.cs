using System.Text.Json;
using System.Text.RegularExpressions;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Sidecar;

/// <summary>Postfix's files in <c>overlays/edge-sidecar</c> have what <c>config to-postfix</c> prints for the settings there.</summary>
public sealed partial class PostfixLinesTests
{
    private const string Overlay = "deploy/k8s/overlays/edge-sidecar";

    [Theory]
    [InlineData("dnsblog")]
    [InlineData("memcache")]
    [InlineData("policy")]
    public async Task Files_of_Postfix_have_the_lines_of_config_to_postfix(string door)
    {
        var told = await ToldAsync(door);

        var main = LogicalLines(await File.ReadAllTextAsync(Repository.File($"{Overlay}/main.cf")));
        Assert.All(Texts(told.GetProperty("main_cf")), line => Assert.Contains(Squeezed(line), main));
        var services = LogicalLines(await File.ReadAllTextAsync(Repository.File("deploy/image/postfix/master.cf"))).Select(WithoutChroot);
        Assert.All(Texts(told, "master_cf"), line => Assert.Contains(WithoutChroot(Squeezed(line)), services));
        if (!told.TryGetProperty("files", out var files))
            return;
        foreach (var file in files.EnumerateObject())
        {
            var shipped = await File.ReadAllTextAsync(Repository.File($"{Overlay}/{Path.GetFileName(file.Name)}"));
            Assert.Equal(Texts(file.Value).Select(Squeezed), LogicalLines(shipped));
        }
    }

    private static async Task<JsonElement> ToldAsync(string door)
    {
        var settings = (await File.ReadAllLinesAsync(Repository.File($"{Overlay}/settings.env")))
            .Where(line => line.StartsWith("SCREENING__ENDPOINTS__", StringComparison.Ordinal)).Select(line => line.Split('=', 2));
        var plan = NodeProcess.Launch(null, "config", "to-postfix", "--door", door, "--postfix-version", "3.7", "--json");
        var result = await RunningProcess.RunAsync(
            plan with
            {
                Environment = new Dictionary<string, string?>(plan.Environment.Concat(
                    settings.Select(setting => KeyValuePair.Create(setting[0], (string?)setting[1])))),
            },
            Waiting.Limit);
        Assert.True(result.ExitCode == 0, $"{result}");
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.GetProperty("doors")[0].Clone();
    }

    private static IEnumerable<string> Texts(JsonElement array) => array.EnumerateArray().Select(line => line.GetString()!);

    private static IEnumerable<string> Texts(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var array) ? Texts(array) : [];

    /// <summary>As postconf(5) joins them: a line that begins with white space continues the one before.</summary>
    private static string[] LogicalLines(string text) =>
        [.. Continued().Replace(Comment().Replace(text, ""), " ").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Squeezed)];

    private static string Squeezed(string line) => Blanks().Replace(line.Trim(), " ");

    // master(5): the fifth word. Debian has chroots; the container is one.
    private static string WithoutChroot(string service) => string.Join(' ', service.Split(' ').Select((word, i) => i == 4 ? "n" : word));

    [GeneratedRegex("^#.*\n", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\n[ \t]+")]
    private static partial Regex Continued();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
