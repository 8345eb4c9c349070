using System.Reflection;
using Screening.Actors.Cluster;
using Screening.Actors.Screening;
using Screening.Node.Hosting;
using Screening.Protocol.Vocabulary;
using Screening.Testing.SourceCode;
using Xunit.Abstractions;

namespace Screening.Node.Tests;

/// <summary>References point one way: Node, Actors, Protocol; and each layer holds only what it may.</summary>
public class LayeringTests(ITestOutputHelper output)
{
    // Each folder may use those after it, by types and their members. A new folder is added where it belongs.
    private static readonly Dictionary<string, string[]> Floors = new()
    {
        ["Actors"] = ["Hosting", "Screening", "Fleet", "Serialization", "Cluster", "Whitelist", "Profiles", "Checks"],
        ["Node"] =
        [
            "(root)", "Commands", "Hosting", "Endpoints", "Store", "Sources", "Postfix", "Telemetry", "Api", "Supervision", "Configuration",
            "Platform",
        ],
        ["Protocol"] = ["Plugin", "Policy", "Dnsblog", "Dnsbl", "Dns", "Memcache", "P0f", "Access", "Framing", "Vocabulary"],
    };

    [Theory]
    [InlineData("Actors")]
    [InlineData("Node")]
    [InlineData("Protocol")]
    public void A_folder_uses_only_folders_below_it(string name)
    {
        var graph = FolderGraph.Of(SourceProject.Load(name));
        output.WriteLine(graph.ToString());
        Assert.NotEmpty(graph.Arrows);
        var upward = graph.Upward(Floors[name]).ToList();
        Assert.True(upward.Count == 0, $"{upward.Count} arrows point up:\n{string.Join('\n', upward)}");
        Assert.Empty(graph.Circles());
    }

    [Fact]
    public void Protocol_needs_the_base_class_library_alone()
    {
        var names = ReferencesOf(typeof(Verdict).Assembly);
        Assert.NotEmpty(names);
        Assert.All(names, name => Assert.StartsWith("System.", name));
        Assert.DoesNotContain("System.Net.Sockets", names);
    }

    [Fact]
    public void Actors_know_neither_ASP_NET_nor_the_node_nor_HTTP()
    {
        var names = ReferencesOf(typeof(ScoreBoard).Assembly);
        Assert.Contains("Screening.Protocol", names);
        Assert.All(names, name => Assert.True(
            name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Akka", StringComparison.Ordinal)
            || name == "Google.Protobuf" // The payload of Akka's transport is a ByteString: Cluster/InboundGuard.cs.
            || name is "Screening.Protocol" or "linq2db" or "Microsoft.Extensions.Logging.Abstractions",
            $"Actors must not reference {name}"));
        // Sockets only where a node tries another's remoting port before Akka calls it: Cluster/Forming/SeedProbe.cs.
        Assert.DoesNotContain("System.Net.Http", names);
    }

    [Fact]
    public void Node_stands_on_both() =>
        Assert.Superset(
            new HashSet<string> { "Screening.Actors", "Screening.Protocol" }, ReferencesOf(typeof(NodeHost).Assembly).ToHashSet());

    [Fact]
    public void Protocol_takes_no_time_and_makes_no_tasks()
    {
        var methods = typeof(Verdict).Assembly.GetTypes()
            .Where(t => t.IsPublic)
            .SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly));
        Assert.All(methods, m => Assert.DoesNotContain(
            m.GetParameters().Select(p => p.ParameterType).Append(m.ReturnType),
            t => t == typeof(TimeProvider) || typeof(Task).IsAssignableFrom(t)));
    }

    private static List<string> ReferencesOf(Assembly assembly) => [.. assembly.GetReferencedAssemblies().Select(n => n.Name!)];
}
