using System.Globalization;
using System.Text;
using Npgsql;
using Screening.Node.Configuration;
using Screening.Testing.Documentation;
using Screening.Testing.Lab;
using Screening.Testing.Postgres;
using Xunit.Abstractions;

namespace Screening.EndToEnd.Tests;

/// <summary>
/// Every command, configuration and main.cf line of the documentation is tried. What the words after a fence mean is in tests/README.md.
/// </summary>
public sealed class DocumentedCommandsTests(ITestOutputHelper output)
{
    // A command that is not run may be wrong without anybody noticing. Raise this only with a good reason in the block.
    private const int MostSkippedBlocks = 35;

    private static readonly IReadOnlyList<FencedBlock> Blocks = [.. MarkdownPage.All().SelectMany(page => page.Blocks)];

    private static IEnumerable<FencedBlock> Commands => Blocks.Where(block => block.Language == "sh" && block.FileName is null);

    [SkippableFact]
    [Trait("Finding", "use-3")]
    public async Task Commands_end_with_status_0_beside_a_node_with_all_defaults()
    {
        await CommandSandbox.RequireIsolationAsync();
        using var folder = new TemporaryFolder();
        var sandbox = new CommandSandbox(folder);

        var runs = await sandbox.RunAsync(
            Runnable(Commands.Where(block => !block.Has("root") && !block.Has("postgresql"))), withNode: true);

        AssertAllSucceeded(runs);
    }

    [SkippableFact]
    [Trait("Finding", "use-3")]
    public async Task Needs_postgresql__Commands_for_the_database_end_with_status_0()
    {
        Skip.IfNot(PostgresServer.IsInstalled, "needs PostgreSQL");
        Requires.Programs("psql", "pg_dump", "pg_restore");
        await CommandSandbox.RequireIsolationAsync();
        await using var server = await PostgresServer.StartAsync();
        await MakeAsBareAsInstalledAsync(server);
        using var folder = new TemporaryFolder();
        var sandbox = new CommandSandbox(folder)
        {
            Environment = new Dictionary<string, string?>
            {
                ["PGHOST"] = "127.0.0.1",
                ["PGPORT"] = server.Port.ToString(CultureInfo.InvariantCulture),
                ["PGUSER"] = "postgres",
            },
        };

        var blocks = Commands.Where(block => block.Has("postgresql")).OrderByDescending(
            block => block.Page.EndsWith("/postgresql.md", StringComparison.Ordinal));
        var runs = await sandbox.RunAsync(Runnable(blocks), withNode: false);

        AssertAllSucceeded(runs);
    }

    [Fact]
    public void Commands_that_are_not_run_say_why_and_are_few()
    {
        var skipped = Commands.Where(block => block.SkipReason is not null).ToList();
        foreach (var block in skipped)
            output.WriteLine($"{block.Place}: {block.SkipReason}");

        Assert.InRange(skipped.Count, 0, MostSkippedBlocks);
        Assert.All(Commands.Where(block => block.RunBy is not null), block => Assert.Single(
            Directory.EnumerateFiles(Repository.File("tests"), $"{block.RunBy}.cs", SearchOption.AllDirectories)));
    }

    [Fact]
    [Trait("Finding", "use-3")]
    public void Configurations_have_no_fault()
    {
        using var folder = new TemporaryFolder();
        var faults = Blocks.Where(block => block.Language == "toml").SelectMany(block => FaultsOf(block, folder["screening.toml"]))
            .ToList();

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [SkippableFact]
    [Trait("Finding", "use-3")]
    public async Task Needs_Postfix__Lines_of_main_cf_are_known_to_Postfix()
    {
        Requires.Programs("postconf");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["master.cf"], "");
        foreach (var block in Blocks.Where(block => block.Language == "postfix"))
        {
            await File.WriteAllTextAsync(folder["main.cf"], block.Text);
            var result = await RunningProcess.RunAsync(new LaunchPlan("postconf", "-c", folder.Root, "-n"), TimeSpan.FromSeconds(10));
            Assert.True(
                result.ExitCode == 0 && !result.Error.Contains("unused parameter", StringComparison.Ordinal), $"{block.Place}: {result}");
        }
    }

    private static IReadOnlyList<FencedBlock> Runnable(IEnumerable<FencedBlock> blocks)
    {
        bool IsHere(string program) => Requires.Find(program) is not null;
        return [.. blocks.Where(block => block.SkipReason is null && block.RunBy is null && block.Needs.All(IsHere))];
    }

    private static IEnumerable<string> FaultsOf(FencedBlock block, string file)
    {
        File.WriteAllText(file, block.Text);
        var result = ConfigurationLoader.Load(
            new ConfigurationRequest { ConfigPath = file, IsRoot = true, CurrentDirectory = Path.GetDirectoryName(file)! });

        // What a part refers to, such as a certificate, is not there.
        return result.Faults
            .Where(fault => !block.Has("part") || fault.Setting.Length == 0
                || fault.Message.Contains("is not a setting", StringComparison.Ordinal))
            .Select(fault => $"{block.Place}: {fault.Message}");
    }

    // The test's server comes with the role and the database that the documentation makes.
    private static async Task MakeAsBareAsInstalledAsync(PostgresServer server)
    {
        await ExecuteAsync(server.ConnectionString, "CREATE ROLE postgres SUPERUSER LOGIN");
        var asSuperuser = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Username = "postgres",
            Database = "postgres",
            Pooling = false
        };
        await ExecuteAsync(
            asSuperuser.ConnectionString, $"DROP DATABASE {PostgresServer.Database} WITH (FORCE)",
            $"ALTER ROLE {PostgresServer.User} RENAME TO installer");
    }

    private static async Task ExecuteAsync(string connectionString, params string[] statements)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private void AssertAllSucceeded(IReadOnlyList<CommandRun> runs)
    {
        foreach (var run in runs)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run.Block.Place}: status {run.Status}"));
        Assert.NotEmpty(runs);
        var failed = new StringBuilder();
        foreach (var run in runs.Where(run => run.Status != 0))
        {
            failed.AppendLine(CultureInfo.InvariantCulture, $"{run.Block.Place}: status {run.Status}").AppendLine(run.Block.Text)
                .AppendLine(run.Output);
        }

        Assert.True(failed.Length == 0, failed.ToString());
    }
}
