using System.Text.Json;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Image;

/// <summary>A running node of the image, and the image's files; asked from another host of the laboratory.</summary>
public sealed class ImageScene : IAsyncLifetime
{
    /// <summary>Lets the laboratory's documentation addresses connect.</summary>
    internal static readonly string[] Reachable =
    [
        "--env=SCREENING__ENDPOINTS__PLUGIN=[\"tcp://0.0.0.0:10025?allow=192.0.2.0/24\"]",
        "--env=SCREENING__ENDPOINTS__HTTP=[\"tcp://0.0.0.0:10080?allow=192.0.2.0/24,127.0.0.0/8\"]",
    ];

    private string? _mounted;
    private Exception? _fault;

    internal NetworkLab Lab { get; private set; } = null!;

    internal Container Node { get; private set; } = null!;

    /// <summary>What <c>podman image inspect</c> says.</summary>
    internal JsonElement Image { get; private set; }

    /// <summary>The image's files, mounted on this host.</summary>
    internal string Root => _mounted!;

    // A fixture cannot skip; each test asks, and skips itself.
    public async Task InitializeAsync()
    {
        try
        {
            await BuiltImage.NeedAsync();
            Lab = await NetworkLab.StartAsync();
            using var inspected = JsonDocument.Parse(await Container.PodmanAsync(["image", "inspect", BuiltImage.Name]));
            Image = inspected.RootElement[0].Clone();
            _mounted = (await Container.PodmanAsync(["image", "mount", BuiltImage.Name])).Trim();
            Node = await Container.StartAsync(Lab.Mx, Reachable);
            await Node.WaitForReadyAsync();
        }
        catch (Exception fault)
        {
            _fault = fault;
        }
    }

    /// <summary>Skips or fails a test whose scene could not be made.</summary>
    internal void Need()
    {
        if (_fault is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_fault);
    }

    public async Task DisposeAsync()
    {
        if (Node is not null)
            await Node.DisposeAsync();
        if (_mounted is not null)
            await Container.PodmanAsync(["image", "unmount", BuiltImage.Name]);
        if (Lab is not null)
            await Lab.DisposeAsync();
    }
}
