using System.CommandLine;
using Screening.Node.Configuration;
using Screening.Node.Endpoints;
using Screening.Node.Hosting;
using Screening.Node.Hosting.WarmUp;

namespace Screening.Node.Commands;

/// <summary><c>run</c>: a node in the foreground.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var command = new Command("run", "Run a node in the foreground; this is the default command. It needs no configuration file.");
        ConfigurationOptions.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(ConfigurationOptions.Read(parsed), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(ConfigurationRequest request, CancellationToken cancellation)
    {
        var configuration = ConfigurationLoader.Load(request);
        if (configuration.Options is not { } options)
            return await ExitStatus.FailAsync(ExitStatus.Usage, configuration.Faults.Select(f => f.ToString()!)).ConfigureAwait(false);
        if (LocalFileRule.FaultOf(request, configuration.File) is { } others)
            return await ExitStatus.FailAsync(ExitStatus.Usage, others).ConfigureAwait(false);
        var faults = StartChecks.Faults(options);
        if (faults.Count > 0)
            return await ExitStatus.FailAsync(ExitStatus.Usage, faults).ConfigureAwait(false);

        try
        {
            await using var node = NodeHost.Build(configuration, request, warm: Rehearsal.RunAsync(options.Node.DataDir, cancellation));
            if (!await node.TryStartAsync(cancellation).ConfigureAwait(false))
                return ExitStatus.Ok;
            await Welcome.WriteAsync(Console.Out, options, node.Endpoints, configuration.File).ConfigureAwait(false);
            return await node.WaitForShutdownAsync(cancellation).ConfigureAwait(false) ? ExitStatus.Ok : ExitStatus.Failed;
        }
        catch (EndpointException fault)
        {
            return await ExitStatus.FailAsync(ExitStatus.Usage, fault.Message).ConfigureAwait(false);
        }
    }
}
