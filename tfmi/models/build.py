"""How the models of a run are built, whatever its method."""

import dataclasses

import keras

from tfmi.models import networks
from tfmi.models.image_encoder import image_encoder
from tfmi.models.layers import FusedAdam


@dataclasses.dataclass(frozen=True)
class Build:
    """A recipe with what it meets: images, a machine, a user's own encoder.

    Attributes:
        recipe: a `Recipe`; one with `encoder_width` where no own encoder is given.
        image_shape: `(height, width, channels)`.
        total_steps: of the stage, for schedules over its steps.
        precision: dtype policy of the networks.
        jit: whether XLA compiles the step.
        encoder: function `(image_shape) -> keras.Model` that gives the user's own
            encoder, or `None` for that of the recipe.
    """

    recipe: object
    image_shape: tuple
    total_steps: int = 1
    precision: str = "float32"
    jit: bool = False
    encoder: object = None

    @property
    def domains(self):
        """Those that have networks of their own."""
        return ("x",) if self.recipe.share_weights else ("x", "y")

    def image_encoder(self, size, name, normalize=False, levels=0, **of_recipe):
        """A model from images to `{"feature_map", "vector": (batch, size)}`.

        Args:
            of_recipe: more arguments of `networks.encoder`, which say nothing of a
                user's own.
        """
        options = {"normalize": normalize, "levels": levels, "name": name}
        if self.encoder is not None:
            model, shape = self.encoder(self.image_shape), self.image_shape
            return image_encoder(model, size, image_shape=shape, **options)
        width = self.recipe.encoder_width
        shape = self.image_shape
        return networks.encoder(shape, size, width, **options, **of_recipe)

    def compile(self, model, discriminator_learning_rate=0.0, beta_1=0.9):
        """Compile with both players' optimizers; returns the model.

        Args:
            beta_1: of Adam of the first player.
        """
        rate = self.recipe.learning_rate
        if self.recipe.learning_rate_decay == "cosine":
            rate = keras.optimizers.schedules.CosineDecay(rate, self.total_steps)
        # beta_1 of 0.5 as in DCGAN: momentum makes the game oscillate.
        game = FusedAdam(discriminator_learning_rate, beta_1=0.5)
        model.compile(
            optimizer=FusedAdam(rate, beta_1=beta_1),
            discriminator_optimizer=game,
            jit_compile=self.jit,
        )
        return model
