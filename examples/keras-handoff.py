"""Python's part of keras-handoff.js: goes on with a checkpoint, if there is one, and saves the next."""
import os
import sys

os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

base, *restored = sys.argv[1:]
model = tf.keras.Sequential([
    tf.keras.layers.Input([2]),
    tf.keras.layers.Dense(16, activation='tanh'),
    tf.keras.layers.Dense(1, activation='sigmoid'),
])
model.compile(optimizer=tf.keras.optimizers.Adam(0.02), loss='binary_crossentropy')
model.optimizer.build(model.trainable_variables)
checkpoint = tf.train.Checkpoint(model=model)
if restored:
    checkpoint.restore(restored[0]).assert_consumed()

x = np.random.default_rng(5).uniform(-1, 1, [256, 2]).astype(np.float32)
y = ((x ** 2).sum(1, keepdims=True) < 0.5).astype(np.float32)
loss = model.fit(x, y, epochs=20, verbose=0).history['loss'][-1]
print(f'{loss:.3f}', int(model.optimizer.iterations), checkpoint.save(base))
